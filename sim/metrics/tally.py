"""The tally: a run's metrics, added up block by block while it runs.

    tally = Tally(scenario, engine.hosts)
    tally.add(block)                        # again and again, in canonical order
    found = tally.close(ending_of(engine))
    found.kpis, found.by_region, found.by_channel, found.series, found.shop

A block is a dict of arrays of one length: a trace's columns and those of `RECOGNIZED`. How a trace is divided into
blocks changes nothing. A tally keeps what its answers need and no more: totals by payer, creator, pack and hour. So it
can be put aside as plain arrays (`state`) and taken up again (`Tally.restored`) where a run is cut.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from sim.ledger import CURRENCIES, CURRENCY_BY_NAME, REGION_BY_NAME, Op, Outcome, Rule
from sim.ledger.terms import Terms
from sim.metrics.breakdown import whole_minor
from sim.metrics.channels import figures_by_channel
from sim.metrics.counting import (
    CURRENCY_CODES,
    NOWHERE,
    OPS,
    PLACE_OF_REGION,
    Clock,
    Counts,
    Worth,
    count,
    records_of,
)
from sim.metrics.credits import Credits, no_credits, records_at_most
from sim.metrics.hosts import FIAT_CODES, Ending, Hosts, seller_income
from sim.metrics.regions import Parts, figures_by_region
from sim.metrics.series import MEASURES, RECORDS, REGION_CODES, Series, empty_cells, series_columns, step_us
from sim.metrics.shop import empty_cells as empty_shop
from sim.metrics.shop import shop_columns
from sim.metrics.summary import Economy, Kpis, key_figures, total_measures
from sim.metrics.sums import Listed, empty_sums, listed, restored_sums, with_room
from sim.metrics.worth import diamond_worth
from sim.scenario import Scenario
from sim.tables import Columns

Int64Array = npt.NDArray[np.int64]

_POLICY_COLUMNS: Final = ("at_us", "region", "amount", "currency")
_ANSWERED: Final = (Op.ORDER, Op.CAPTURE)
_KEPT_WHOLE: Final = ("accepted", "amounts", "is_used", "has_gifts", "debts", "asked", "returned")


class Found(NamedTuple):
    """All metrics of a run.

    kpis : by metric name; where several currencies flow, those of money as `name.CURRENCY`
    by_region : the same by region name, for those that can be said of a region alone; empty where there is one only
    by_channel : the same by channel, for those that can be said of a channel alone
    series : the columns of `sim.metrics.series.COLUMNS`
    shop : the columns of `sim.metrics.shop.COLUMNS`
    """

    kpis: Kpis
    by_region: dict[str, Kpis]
    by_channel: dict[str, Kpis]
    series: Series
    shop: Series


class Tally:
    """What a run has come to so far.

    Parameters
    ----------
    scenario : its viewers are counted whether they came or not, and its window may lengthen the series' step
    hosts : who creates and sells
    """

    def __init__(self, scenario: Scenario, hosts: Hosts) -> None:
        n_creators, n_sellers = len(hosts.creators_region), len(hosts.sellers_region)
        self._viewers = scenario.viewers
        self._currency_of_region = currency_of_region(scenario)
        self._duration_us = scenario.duration_us
        self._clock = Clock(step_us(scenario), scenario.duration_us // 2)
        self._hosts = hosts
        self._region_of_creator = PLACE_OF_REGION[hosts.creators_region].astype(np.uint8)
        self._policies = np.zeros((0, len(_POLICY_COLUMNS)), np.int64)  # those about the worth of a diamond
        self._worth = self._worth_by_instant()
        self._counts = Counts(
            cells=empty_cells(1),
            shop=empty_shop(1),
            orders_used=np.zeros(1, np.int64),
            order_seq=np.zeros(0, np.int64),
            order_place=np.zeros(0, np.int16),
            accepted=np.zeros(OPS, np.int64),
            amounts=np.zeros((OPS, len(CURRENCY_CODES)), np.int64),
            is_used=np.zeros(len(CURRENCY_CODES), np.bool_),
            spend=empty_sums(),
            packs=empty_sums(),
            income=np.zeros((len(FIAT_CODES), n_creators), np.int64),
            has_gifts=np.zeros(n_creators, np.bool_),
            sold=np.zeros((len(FIAT_CODES), n_sellers), np.int64),
            settled=np.zeros((len(FIAT_CODES), n_sellers), np.int64),
            credits=no_credits(),
            debts=np.zeros((OPS, len(REGION_CODES)), np.int64),
            asked=np.zeros((2, -(-scenario.viewers // 8)), np.uint8),
            returned=np.zeros((2, len(REGION_CODES)), np.int64),
        )

    def __repr__(self) -> str:
        records = int(self._counts.cells[..., RECORDS].sum())
        return f"<Tally records={records} payers={self._counts.spend.taken[1]}>"

    def add(self, block: Columns) -> None:
        """Count a block of records; blocks come in canonical order."""
        if not len(block["op"]):
            return
        self._note_policies(block)
        counts = self._counts
        topups, answered = (int(np.isin(block["op"], ops).sum()) for ops in (Op.TOPUP, _ANSWERED))
        n_steps, n_orders = int(block["at_us"][-1]) // self._clock.step_us + 1, int(counts.orders_used[0]) + answered
        self._counts = counts._replace(
            cells=_lengthened(counts.cells, n_steps),
            shop=_lengthened(counts.shop, n_steps),
            order_seq=_lengthened(counts.order_seq, n_orders),
            order_place=_lengthened(counts.order_place, n_orders),
            credits=self._room_for_credits(block),
            spend=with_room(counts.spend, topups),
            packs=with_room(counts.packs, topups),
        )
        count(records_of(block), self._counts, self._worth, self._hosts, self._clock)

    def _room_for_credits(self, block: Columns) -> Credits:
        known = self._counts.credits
        length = records_at_most(known, block)
        return known._replace(seq=_lengthened(known.seq, length), parts=_lengthened(known.parts, length))

    def close(self, ending: Ending) -> Found:
        """Every metric, and the time series by hour (or by window, where that is longer).

        Parameters
        ----------
        ending : of the run, after the last record
        """
        counts, step = self._counts, self._clock.step_us
        economy = self._economy(ending)
        kpis, parts = key_figures(economy, ending.closing), self._parts()
        return Found(
            kpis,
            figures_by_region(economy, parts, kpis),
            figures_by_channel(economy, parts),
            series_columns(counts.cells, step, self._currency_of_region),
            shop_columns(counts.shop, step, self._currency_of_region),
        )

    def state(self) -> dict[str, Any]:
        """All that `restored` needs, as arrays: the same however the records were divided into blocks."""
        counts = self._counts
        spend, packs = listed(counts.spend), listed(counts.packs)
        earning, selling = (np.flatnonzero(amounts.any(axis=1)) for amounts in (counts.income, counts.sold))
        orders = int(counts.orders_used[0])
        return {
            "policies": self._policies.copy(),
            "cells": _used(counts.cells),
            "shop": _used(counts.shop),
            "order_seq": counts.order_seq[:orders].copy(),
            "order_place": counts.order_place[:orders].copy(),
            "credit_seq": counts.credits.seq[: counts.credits.used[0]].copy(),
            "credit_parts": counts.credits.parts[: counts.credits.used[0]].copy(),
            "credit_returned": counts.credits.returned.copy(),
            "spend": np.stack(spend),
            "packs": np.stack(packs),
            "earning": earning,
            "income": counts.income[earning],
            "selling": selling,
            "sold": counts.sold[selling],
            "settled": counts.settled[selling],
            **{name: getattr(counts, name).copy() for name in _KEPT_WHOLE},
        }

    @classmethod
    def restored(cls, scenario: Scenario, hosts: Hosts, state: Mapping[str, Any]) -> Self:
        """A tally that goes on where another's `state` was taken, with the same scenario and hosts."""
        tally = cls(scenario, hosts)
        tally._policies = state["policies"].copy()
        tally._worth = tally._worth_by_instant()
        counts = tally._counts
        counts.income[state["earning"]] = state["income"]
        counts.sold[state["selling"]] = state["sold"]
        counts.settled[state["selling"]] = state["settled"]
        copied = ("cells", "shop", "order_seq", "order_place", *_KEPT_WHOLE)
        tally._counts = counts._replace(
            orders_used=np.array([len(state["order_seq"])], np.int64),
            credits=Credits(
                np.array([len(state["credit_seq"])], np.int64),
                *(state[f"credit_{name}"].copy() for name in Credits._fields[1:]),
            ),
            spend=restored_sums(Listed(*state["spend"])),
            packs=restored_sums(Listed(*state["packs"])),
            **{name: state[name].copy() for name in copied},
        )
        return tally

    def _note_policies(self, block: Columns) -> None:
        policies = np.flatnonzero(block["op"] == Op.POLICY)
        about_worth = policies[block["peer"][policies] == Rule.DIAMOND_VALUE]
        accepted = about_worth[block["outcome"][about_worth] == Outcome.ACCEPTED]
        if len(accepted):
            noted = np.stack([block[name][accepted].astype(np.int64) for name in _POLICY_COLUMNS], axis=1)
            self._policies = np.concatenate([self._policies, noted])
            self._worth = self._worth_by_instant()

    def _worth_by_instant(self) -> Worth:
        terms = Terms()
        for at_us, region, value, currency in self._policies.tolist():
            terms.set(Rule.DIAMOND_VALUE, value, at_us=at_us, region=region, currency=currency)
        found = [diamond_worth(terms, self._policies[:, 0], region) for region in REGION_CODES]
        return Worth(
            self._region_of_creator,
            found[0].from_us,
            np.stack([worth.ppm for worth in found], axis=1),
            np.stack([_places_of_fiat(worth.currency) for worth in found], axis=1),
        )

    def _parts(self) -> Parts:
        counts = self._counts
        return Parts(
            counts.cells,
            counts.shop,
            counts.returned,
            self._currency_of_region,
            self._region_of_creator,
            PLACE_OF_REGION[self._hosts.sellers_region].astype(np.uint8),
            counts.income,
            counts.has_gifts,
        )

    def _economy(self, ending: Ending) -> Economy:
        counts = self._counts
        viewers_by_currency: Counter[int] = Counter()
        for region, viewers in ending.viewers_by_region.items():
            viewers_by_currency[int(self._currency_of_region[PLACE_OF_REGION[region]])] += viewers
        spend, packs = listed(counts.spend), listed(counts.packs)
        last = self._worth.currency[-1][self._region_of_creator]  # the place of the currency that pays each creator
        return Economy(
            viewers=self._viewers,
            viewers_by_region=ending.viewers_by_region,
            viewers_by_currency=viewers_by_currency,
            payers=int(counts.spend.taken[1]),
            asked=tuple(counts.returned.sum(axis=1).tolist()),
            creators=len(self._region_of_creator),
            earning_creators=int(np.count_nonzero(counts.has_gifts)),
            measures=total_measures(counts.cells),
            accepted={op: int(counts.accepted[op]) for op in Op},
            amounts={
                (op, currency): int(counts.amounts[op, place])
                for op in Op
                for place, currency in enumerate(CURRENCY_CODES)
            },
            currencies=tuple(
                code
                for code, used in zip(CURRENCY_CODES, counts.is_used, strict=True)
                if CURRENCIES[code].is_fiat and (used or code in self._currency_of_region)
            ),
            spend={code: spend.totals[spend.currencies == code] for code in FIAT_CODES},
            packs={code: packs.totals[packs.currencies == code] for code in FIAT_CODES},
            income={
                code: counts.income[place, (last == place) | (counts.income[place] > 0)]
                for place, code in enumerate(FIAT_CODES)
            },
            reward_cost=self._by_currency_of_creators("reward_cost"),
            sellers=len(self._hosts.sellers_region),
            sold={code: counts.sold[place] for place, code in enumerate(FIAT_CODES)},
            seller_income=seller_income(ending.balances, counts.settled),
            sellers_foreign=self._hosts.sellers_foreign,
            sales=self._sales(),
            debts={code: counts.debts[:, self._currency_of_region == code].sum(axis=1) for code in FIAT_CODES},
            credit_returned=dict(zip(FIAT_CODES, counts.credits.returned.tolist(), strict=True)),
            elsewhere=ending.elsewhere,
            hosts_by_week=ending.hosts_by_week,
            sellers_by_week=ending.sellers_by_week,
            duration_us=self._duration_us,
        )

    def _by_currency_of_creators(self, measure: str) -> dict[int, int]:
        """A measure counted in millionths, in whole minor units of the money that regions end with."""
        by_region = self._counts.cells[..., MEASURES.index(measure)].sum(axis=(0, 2))
        last = self._worth.currency[-1]
        return {code: whole_minor(int(by_region[last == place].sum())) for place, code in enumerate(FIAT_CODES)}

    def _sales(self) -> dict[int, Int64Array]:
        """By currency, the shop's measures by merchant and goods."""
        by_region = self._counts.shop.sum(axis=(0, 2))
        return {code: by_region[self._currency_of_region == code].sum(axis=0) for code in FIAT_CODES}


def currency_of_region(scenario: Scenario) -> Int64Array:
    """The code of each region's money by its place, 0 where the scenario lacks the region."""
    codes = np.zeros(len(REGION_CODES), np.int64)
    for name, region in scenario.regions.items():
        codes[PLACE_OF_REGION[REGION_BY_NAME[name]]] = CURRENCY_BY_NAME[region.currency].code
    return codes


def _lengthened(column: npt.NDArray[Any], length: int) -> npt.NDArray[Any]:
    """The same along the first axis, or twice as long where that isn't enough."""
    if length <= len(column):
        return column
    longer = np.zeros((max(length, 2 * len(column)), *column.shape[1:]), column.dtype)
    longer[: len(column)] = column
    return longer


def _used(cells: Int64Array) -> Int64Array:
    """A copy up to the last step in which anything was counted."""
    steps = np.flatnonzero(cells.any(axis=tuple(range(1, cells.ndim))))
    return cells[: 1 + int(steps.max(initial=0))].copy()


def _places_of_fiat(codes: Int64Array) -> Int64Array:
    return np.array([FIAT_CODES.index(code) if code in FIAT_CODES else NOWHERE for code in codes.tolist()], np.int64)
