"""The tally: a run's metrics, added up block by block while it runs.

    tally = Tally(scenario, creators_region)
    tally.add(block)                        # again and again, in canonical order
    kpis, series = tally.close(engine.closing())

A block is a dict of arrays of one length: a trace's columns and those of `RECOGNIZED`. How a trace is divided into
blocks changes nothing. A tally keeps what its answers need and no more: totals by payer, creator, pack and hour. So it
can be put aside as plain arrays (`state`) and taken up again (`Tally.restored`) where a run is cut.
"""

from collections.abc import Mapping
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from sim.ledger import CURRENCIES, Op, Outcome, Rule
from sim.ledger.closing import Closing
from sim.ledger.terms import Terms
from sim.metrics.counting import (
    CURRENCY_CODES,
    FIAT_CODES,
    NOWHERE,
    OPS,
    PLACE_OF_REGION,
    Counts,
    Worth,
    count,
    records_of,
)
from sim.metrics.series import MEASURES, RECORDS, REGION_CODES, Series, empty_cells, series_columns, step_us
from sim.metrics.summary import Economy, Kpis, key_figures
from sim.metrics.sums import Listed, empty_sums, listed, restored_sums, with_room
from sim.metrics.worth import diamond_worth
from sim.scenario import Scenario
from sim.tables import Columns

Int64Array = npt.NDArray[np.int64]

_POLICY_COLUMNS: Final = ("at_us", "region", "amount", "currency")


class Tally:
    """What a run has come to so far.

    Parameters
    ----------
    scenario : its viewers are counted whether they came or not, and its window may lengthen the series' step
    creators_region : uint16 array of shape (n_creators,), the region code of creator n
    """

    def __init__(self, scenario: Scenario, creators_region: npt.NDArray[np.uint16]) -> None:
        n_creators = len(creators_region)
        self._viewers = scenario.viewers
        self._step_us = step_us(scenario)
        self._region_of_creator = PLACE_OF_REGION[creators_region].astype(np.uint8)
        self._policies = np.zeros((0, len(_POLICY_COLUMNS)), np.int64)  # those about the worth of a diamond
        self._worth = self._worth_by_instant()
        self._counts = Counts(
            cells=empty_cells(1),
            accepted=np.zeros(OPS, np.int64),
            amounts=np.zeros((OPS, len(CURRENCY_CODES)), np.int64),
            is_used=np.zeros(len(CURRENCY_CODES), np.bool_),
            currency_of_region=np.zeros(len(REGION_CODES), np.int64),
            spend=empty_sums(),
            packs=empty_sums(),
            income=np.zeros((len(FIAT_CODES), n_creators), np.int64),
            has_gifts=np.zeros(n_creators, np.bool_),
        )

    def __repr__(self) -> str:
        records = int(self._counts.cells[..., RECORDS].sum())
        return f"<Tally records={records} payers={self._counts.spend.taken[1]}>"

    def add(self, block: Columns) -> None:
        """Count a block of records; blocks come in canonical order."""
        if not len(block["op"]):
            return
        self._note_policies(block)
        topups = int(np.count_nonzero(block["op"] == Op.TOPUP))
        self._counts = self._counts._replace(
            cells=_lengthened(self._counts.cells, int(block["at_us"][-1]) // self._step_us + 1),
            spend=with_room(self._counts.spend, topups),
            packs=with_room(self._counts.packs, topups),
        )
        count(records_of(block), self._counts, self._worth, self._step_us)

    def close(self, closing: Closing) -> tuple[Kpis, Series]:
        """Every metric, and the time series by hour (or by window, where that is longer).

        Parameters
        ----------
        closing : of the ledger, after the last record

        Returns
        -------
        kpis : by metric name; where several currencies flow, those of money as `name.CURRENCY`
        series : the columns of `sim.metrics.series.COLUMNS`
        """
        counts = self._counts
        return key_figures(self._economy(), closing), series_columns(
            counts.cells, self._step_us, counts.currency_of_region
        )

    def state(self) -> dict[str, Any]:
        """All that `restored` needs, as arrays: the same however the records were divided into blocks."""
        counts = self._counts
        spend, packs = listed(counts.spend), listed(counts.packs)
        earning = np.flatnonzero(counts.income.any(axis=1))
        return {
            "policies": self._policies.copy(),
            "cells": counts.cells[: 1 + int(np.flatnonzero(counts.cells.any(axis=(1, 2, 3))).max(initial=0))].copy(),
            "accepted": counts.accepted.copy(),
            "amounts": counts.amounts.copy(),
            "is_used": counts.is_used.copy(),
            "currency_of_region": counts.currency_of_region.copy(),
            "spend": np.stack(spend),
            "packs": np.stack(packs),
            "earning": earning,
            "income": counts.income[earning],
            "has_gifts": counts.has_gifts.copy(),
        }

    @classmethod
    def restored(cls, scenario: Scenario, creators_region: npt.NDArray[np.uint16], state: Mapping[str, Any]) -> Self:
        """A tally that goes on where another's `state` was taken, with the same scenario and creators."""
        tally = cls(scenario, creators_region)
        tally._policies = state["policies"].copy()
        tally._worth = tally._worth_by_instant()
        tally._counts.income[state["earning"]] = state["income"]
        kept = ("cells", "accepted", "amounts", "is_used", "currency_of_region", "has_gifts")
        tally._counts = tally._counts._replace(
            spend=restored_sums(Listed(*state["spend"])),
            packs=restored_sums(Listed(*state["packs"])),
            **{name: state[name].copy() for name in kept},
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

    def _economy(self) -> Economy:
        counts = self._counts
        spend, packs = listed(counts.spend), listed(counts.packs)
        last = self._worth.currency[-1][self._region_of_creator]  # the place of the currency that pays each creator
        measures = dict(zip(MEASURES, counts.cells[..., :-1].sum(axis=(0, 1, 2)).tolist(), strict=True))
        return Economy(
            viewers=self._viewers,
            payers=int(counts.spend.taken[1]),
            creators=len(self._region_of_creator),
            earning_creators=int(np.count_nonzero(counts.has_gifts)),
            measures=measures,
            accepted={op: int(counts.accepted[op]) for op in Op},
            amounts={
                (op, currency): int(counts.amounts[op, place])
                for op in Op
                for place, currency in enumerate(CURRENCY_CODES)
            },
            currencies=tuple(
                code
                for code, used in zip(CURRENCY_CODES, counts.is_used, strict=True)
                if used and CURRENCIES[code].is_fiat
            ),
            spend={code: spend.totals[spend.currencies == code] for code in FIAT_CODES},
            packs={code: packs.totals[packs.currencies == code] for code in FIAT_CODES},
            income={
                code: counts.income[place, (last == place) | (counts.income[place] > 0)]
                for place, code in enumerate(FIAT_CODES)
            },
        )


def _lengthened(cells: Int64Array, n_steps: int) -> Int64Array:
    """The same cells, or twice as many where a step lies beyond them."""
    if n_steps <= len(cells):
        return cells
    longer = empty_cells(max(n_steps, 2 * len(cells)))
    longer[: len(cells)] = cells
    return longer


def _places_of_fiat(codes: Int64Array) -> Int64Array:
    return np.array([FIAT_CODES.index(code) if code in FIAT_CODES else NOWHERE for code in codes.tolist()], np.int64)
