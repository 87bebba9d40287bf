"""Windows, calendars, hosts, and what is published."""

from typing import cast

import numpy as np
import pytest
from simpy import Environment, Event

from sim.agents.calendar import Calendar
from sim.agents.economy import Economy, Ledger
from sim.agents.hosts import HEAVIEST, Host, draw_hosts, popularity, reach_of
from sim.agents.population import draw_viewers
from sim.agents.publication import Stream, watched
from sim.agents.session import start_hours_reach
from sim.agents.stage import Process
from sim.agents.terms import opening_terms, pack_items
from sim.agents.windows import Phase, Windows
from sim.behavior.watch import NOTHING
from sim.ledger import CoinworksError, Op, Rule
from sim.ledger.money import PPM
from sim.scenario import Scenario, load
from sim.scenario.heads import how_many

HOUR_US = 3_600_000_000


def small(*overrides: str) -> Scenario:
    return load("us-baseline", ["viewers=400", *overrides])


def test_at_one_boundary_closing_comes_before_agents_before_settling_before_viewers() -> None:
    env = Environment()
    windows = Windows(env, 900, 9_000)
    order: list[str] = []

    def at(event: Event, name: str) -> Process:
        yield event
        order.append(f"{name} {env.now}")

    for name, phase in (("settle", Phase.SETTLE), ("agents", Phase.AGENTS), ("close", Phase.CLOSE)):
        env.process(at(windows.boundary(1, phase), name))
    env.process(at(env.timeout(900), "viewer"))
    env.run()
    assert order == ["close 900", "agents 900", "settle 900", "viewer 900"]


@pytest.mark.parametrize(("instant", "boundary"), [(0, 0), (1, 900), (900, 900), (901, 1800)])
def test_the_boundary_at_or_after_an_instant(instant: int, boundary: int) -> None:
    assert Windows(Environment(), 900, 9_000).after(instant) == boundary


def test_what_is_due_at_the_end_never_happens() -> None:
    env = Environment()
    windows = Windows(env, 900, 1_800)
    late = windows.boundary(901)
    env.run(until=5_000)
    assert not late.triggered


def test_a_day_of_visits_sums_to_one_on_weekdays_and_to_more_at_the_weekend() -> None:
    calendar = Calendar(small())
    new_york = calendar.visit_weights[0].reshape(7, 24)  # the run begins at midnight there
    assert new_york.sum(axis=1) == pytest.approx([1, 1, 1, 1, 1, 1.15, 1.15])


def test_the_evening_comes_three_hours_later_in_los_angeles() -> None:
    calendar = Calendar(small())
    new_york, los_angeles = calendar.visit_weights[0], calendar.visit_weights[3]
    assert los_angeles[3:96] == pytest.approx(new_york[:93])
    assert calendar.local_day[3, 0] == calendar.local_day[0, 0] - 1


def test_clocks_that_change_during_a_run() -> None:
    """On 10 March 2024 New York lost the hour from 2 to 3: that day had 23 hours."""
    calendar = Calendar(small("start=2024-03-10T05:00:00Z", "days=2"))
    days = calendar.local_day[0]
    assert np.count_nonzero(days == days[0]) == 23
    noon = calendar.instant_us(0, next(iter(calendar.local_days(0))), 12)
    assert noon == 11 * HOUR_US


@pytest.mark.parametrize(("viewers", "creators"), [(1, 1), (49, 1), (50, 1), (100, 2), (5000, 100)])
def test_hosts_scale_with_viewers(viewers: int, creators: int) -> None:
    assert how_many(20.0, viewers) == creators


def test_a_few_creators_have_most_of_the_popularity() -> None:
    scenario = load("us-baseline", ["viewers=50000"])
    weights = np.sort([host.weight for host in draw_hosts(scenario, 1, Calendar(scenario)) if not host.is_seller])
    top_decile = weights[-len(weights) // 10 :].sum() / weights.sum()
    assert 0.4 < top_decile < 0.9  # 0.1 ** (1 - 1/1.1) is 0.81 without the heaviest cut off


def test_no_popularity_is_beyond_counting() -> None:
    assert popularity(1, 2_000_000_000_000, 0.001) == HEAVIEST


@pytest.mark.parametrize("scale", ["0.0001", "1", "1e14"])
def test_only_the_proportions_of_the_starting_hours_matter(scale: str) -> None:
    weights = [1] * 12 + [3] * 12
    hours = ",".join(f"{float(scale) * weight:f}" for weight in weights)
    reach = start_hours_reach(economy(f"creators.start_hours=[{hours}]"))
    assert reach / reach[-1] == pytest.approx(np.cumsum(weights) / 48, abs=1e-7)


def economy(*overrides: str) -> Economy:
    return Economy(Environment(), small(*overrides), 1, cast("Ledger", None))


def test_settlement_does_not_follow_the_order_in_which_two_viewers_acted() -> None:
    """At the same instant tickets say nothing: a seller's deliveries go by buyer, and one buyer's by ticket."""
    stage, seller = economy(), 3_000_000_000_000
    for buyer, ticket in ((8, 1), (7, 2), (8, 3), (7, 0)):
        stage.propose(Op.CAPTURE, seller, peer=buyer, ref=ticket)
    settled = [(proposal.act.peer, proposal.act.ref) for proposal in stage.take_proposals()]
    assert settled == [(7, 0), (7, 2), (8, 1), (8, 3)]


def test_what_is_published_stands_by_host_with_running_popularity() -> None:
    streams = [Stream(2, 202, 30, 900, 1, 3500, 7), Stream(0, 100, 10, 800)]
    live, show = watched(streams, 3, lambda hosts, reach: 10 * reach + len(hosts))
    assert show.eagerness.tolist() == [102, 402]
    assert live.host.tolist() == [100, 202]
    assert live.reach.tolist() == [10, 40]
    assert live.place.tolist() == [0, NOTHING, 1]
    assert show.good.tolist() == [-1, 1]
    assert show.stock.tolist() == [0, 7]


def test_opening_terms_state_every_pack_and_each_rule_once() -> None:
    scenario = small()
    terms = list(opening_terms(scenario))
    assert all(fields.op == Op.POLICY for fields in terms)
    packs = {fields.item: fields.amount for fields in terms if fields.peer == Rule.PACK_COINS}
    each = {fields.item: fields.amount for fields in terms if fields.peer == Rule.COIN_PRICE}
    published = list(zip(pack_items(scenario, "US"), scenario.packs("US"), strict=True))
    assert packs == {item: pack.coins for item, pack in published if not pack.by_amount}
    assert each == {item: pack.price_cents * PPM // pack.coins for item, pack in published if pack.by_amount}
    assert packs
    assert each
    scopes = [(fields.peer, fields.item, fields.region) for fields in terms]
    assert len(scopes) == len(set(scopes))


def test_too_many_hosts_to_draw_from_are_refused() -> None:
    heavy = [Host(place, place, 0, 2**20) for place in range(2**12)]
    with pytest.raises(CoinworksError, match="4,096 hosts"):
        reach_of(heavy)
    assert reach_of(heavy[:-1])[-1] == 2**32 - 2**20


def test_favourites_are_popular_and_differ() -> None:
    scenario = load("us-baseline", ["viewers=2000"])
    calendar = Calendar(scenario)
    creators = [host for host in draw_hosts(scenario, 1, calendar) if host.starts and not host.is_seller]
    favourites = draw_viewers(scenario, 1, calendar, reach_of(creators)).favourites
    assert all(len(set(row)) == len(row) for row in favourites.tolist())
    followers = np.bincount(favourites.ravel(), minlength=len(creators))
    weights = np.array([host.weight for host in creators])
    assert np.corrcoef(followers, weights)[0, 1] > 0.9
