"""Unknowns: which parameters nobody knows, how they are drawn, and that every draw is a scenario."""

from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest

from sim.experiments.unknowns import Unknown, design, drawn, find, settled, unknowns, unsettled
from sim.ledger.errors import CoinworksError
from sim.paths import scenarios_dir
from sim.scenario import Scenario, from_resolved, load, load_base, resolved
from sim.scenario.difference import differences
from sim.scenario.quantity import Quantity

NAMES = sorted(path.stem for path in scenarios_dir().glob("*.toml"))
SHARE = Quantity("share", 0, 1)


def unknown(stated: str, low: str, high: str, quantity: Quantity = SHARE) -> Unknown:
    return Unknown("a.b", Decimal(stated), Decimal(low), Decimal(high), "assumed", "", quantity, "")


def pair(name: str, *overrides: str) -> tuple[Scenario, Scenario]:
    other = load(name, overrides)
    return load_base(name, other, overrides) or other, other


def by_key(base: Scenario, other: Scenario) -> dict[str, Unknown]:
    return {found.key: found for found in unknowns(base, other)}


@pytest.mark.parametrize(
    ("found", "belief", "value"),
    [
        (unknown("0.2", "0", "0.6"), 0.0, "0"),  # the low end
        (unknown("0.2", "0", "0.6"), 0.25, "0.1"),  # half of the way to what is stated
        (unknown("0.2", "0", "0.6"), 0.5, "0.2"),  # stated is the middle
        (unknown("0.2", "0", "0.6"), 0.75, "0.4"),
        (unknown("0.2", "0", "0.6"), 1.0, "0.6"),
        (unknown("0", "0", "0.6"), 0.49, "0"),  # what isn't there isn't in half of the draws
        (unknown("0.01", "0.01", "1"), 0.75, "0.1"),  # a factor of ten: even in the logarithm
        (unknown("0.1", "0.02", "1"), 0.25, "0.06"),  # this side spans less
        (unknown("3", "1", "10", Quantity("number", 0, 99, whole=True)), 0.75, "6"),  # 6.5, to even
        (unknown("2", "1.5", "3.5", Quantity("number", 0, 99, whole=True)), 1.0, "3"),  # whole and within
        (unknown("0.5", "0", "1", Quantity("rate", 0, 1, ledger_rate=True)), 1 / 6, "0.166667"),
    ],
)
def test_beliefs_are_values_within_the_range(found: Unknown, belief: float, value: str) -> None:
    assert found.at(belief) == Decimal(value)


def test_half_of_the_draws_lie_on_either_side_of_what_is_stated() -> None:
    known = [unknown("0.2", "0", "0.6"), unknown("0.01", "0.01", "1")]
    numbers = design(known, 64, seed=5).astype(float)
    assert (numbers[:, 0] < 0.2).sum() == 32
    assert (numbers[:, 1] == 0.01).sum() == 32
    assert np.sort(numbers[:, 1])[48] == pytest.approx(0.107, rel=0.08)


def test_each_unknown_has_a_draw_in_each_part_of_its_belief() -> None:
    values = np.sort(design([unknown("0.5", "0", "1")] * 3, 20, seed=1).astype(float), axis=0)
    for column in values.T:
        assert (np.floor(column * 20) == np.arange(20)).all()


def test_draws_are_of_their_seed_alone() -> None:
    known = [unknown("0.5", "0", "1")] * 2
    assert (design(known, 16, seed=3) == design(known, 16, seed=3)).all()
    assert (design(known, 16, seed=3) != design(known, 16, seed=4)).any()


def test_pairs_of_unknowns_are_no_more_alike_than_chance() -> None:
    """With few draws a Sobol sequence has pairs with a correlation of 0.84, which no analysis can tell apart."""
    from scipy.stats import spearmanr

    numbers = design([unknown("0.5", "0", "1")] * 119, 64, seed=1).astype(float)
    assert np.abs(spearmanr(numbers).statistic - np.eye(119)).max() < 0.6


def test_an_unknown_has_a_range_and_is_no_mechanism() -> None:
    found = by_key(*pair("us-baseline"))
    assert found["gifting.giver_share"].basis == "fitted"
    assert found["regions.US.order_tax"].meaning
    assert "platform.store_fee" not in found, "a contract is in force as stated"
    assert "creators.payout_ceiling_cents" not in found, "no range"


def test_what_the_scenarios_differ_in_is_not_drawn() -> None:
    found = by_key(*pair("us-web-push"))
    assert "topup.web_share" not in found
    assert "topup.noise" in found


def test_a_row_of_one_side_alone_has_its_own_unknowns() -> None:
    base, other = pair("double-eleven")
    [key] = [key for key in by_key(base, other) if key.startswith("calendar.") and key.endswith(".visits")]
    assert key == "calendar.11.11 of 2024-11-11 in CN.visits"
    known = [by_key(base, other)[key]]
    assert drawn(base, known, [Decimal(3)]) == base
    assert drawn(other, known, [Decimal(3)]).calendar[0].visits.value == 3


def test_a_number_stated_beyond_its_range_widens_it() -> None:
    found = by_key(*pair("us-baseline", "gifting.intent=0.5"))["gifting.intent"]
    assert (found.low, found.stated, found.high) == (Decimal("0.02"), Decimal("0.5"), Decimal("0.5"))


def test_a_draw_changes_the_values_and_nothing_else() -> None:
    scenario = load("us-baseline")
    known = unknowns(scenario, scenario)
    values = design(known, 8, seed=2)[0]
    changed = {found.key: Decimal(repr(found.other)) for found in differences(scenario, drawn(scenario, known, values))}
    wanted = {one.key: value for one, value in zip(known, values, strict=True) if value != one.stated}
    assert changed == {key: pytest.approx(value) for key, value in wanted.items()}


def test_the_stated_values_are_the_scenario_itself() -> None:
    scenario = load("us-baseline")
    known = unknowns(scenario, scenario)
    assert drawn(scenario, known, [one.at(0.5) for one in known]) == scenario


@pytest.mark.parametrize("name", NAMES)
def test_every_draw_of_every_scenario_is_one(name: str) -> None:
    base, other = pair(name)
    known = unknowns(base, other)
    corners = np.array([[one.at(belief) for one in known] for belief in (0.0, 1.0)], dtype=object)
    for values in (*design(known, 6, seed=1), *corners):
        for scenario in (base, other):
            found = drawn(scenario, known, values)
            assert from_resolved(resolved(found)) == found


def test_both_sides_of_a_comparison_get_the_same_values() -> None:
    base, other = pair("indonesia-price-floor")
    known = unknowns(base, other)
    before = {found.key for found in differences(base, other)}
    for values in design(known, 4, seed=9):
        after = {found.key for found in differences(drawn(base, known, values), drawn(other, known, values))}
        assert after == before


def test_shares_of_where_orders_go_are_cut_in_proportion() -> None:
    scenario = load("us-baseline")
    known = [find(unknowns(scenario, scenario), f"elsewhere.{route}_share") for route in ("rival", "offline")]
    known.append(find(unknowns(scenario, scenario), "elsewhere.link_out_share"))
    found = drawn(scenario, known, [Decimal("0.8"), Decimal("0.4"), Decimal("0.3")]).elsewhere
    shares = [found.rival_share.value, found.offline_share.value, found.link_out_share.value]
    assert shares == [Decimal("0.533333"), Decimal("0.266666"), Decimal("0.2")]


def test_regions_shares_still_sum_to_one() -> None:
    share = {"value": 0.5, "range": [0.1, 0.9], "basis": "assumed"}
    scenario = load("eu-withdrawal-right", {"regions.DE.share": share, "regions.US.share": share})
    known = [found for found in unknowns(scenario, scenario) if found.key.endswith(".share") and "regions" in found.key]
    assert len(known) == 2
    found = drawn(scenario, known, [Decimal("0.9"), Decimal("0.2")])
    shares = sorted(region.share.value for region in found.regions.values())
    assert sum(shares) == 1
    assert shares[0] == pytest.approx(Decimal("0.1818"), rel=Decimal("0.001"))


def test_the_least_payout_is_at_most_the_largest() -> None:
    scenario = load("us-baseline", {"creators.payout_ceiling_cents": 2000})
    known = [find(unknowns(scenario, scenario), "creators.payout_floor_cents")]
    assert drawn(scenario, known, [Decimal(9000)]).creators.payout_floor_cents.value == 2000


def test_an_unknown_that_does_not_exist_gets_the_nearest_name() -> None:
    scenario = load("us-baseline")
    with pytest.raises(CoinworksError, match=r"unknown .gifting.intend.: expected one like gifting.intent"):
        find(unknowns(scenario, scenario), "gifting.intend")


def test_the_part_of_the_belief_below_a_value_is_the_inverse() -> None:
    for found in unknowns(load("us-baseline"), load("us-baseline")):
        if not found.quantity.whole:
            for belief in (0.0, 0.2, 0.5, 0.8, 1.0):
                value = found.at(belief)
                wanted = 0.5 if value == found.stated else belief
                assert found.belief_of(float(value)) == pytest.approx(wanted, abs=1e-3)


def test_values_rise_with_belief() -> None:
    for found in unknowns(load("us-baseline"), load("us-baseline")):
        values = [found.at(n / 20) for n in range(21)]
        assert all(one <= two for one, two in pairwise(values))
        assert (values[0], values[10], values[20]) == (found.rounded(float(found.low)), found.stated, values[20])


def test_in_an_unsettled_world_nothing_is_as_stated_but_a_table_that_is_put_back() -> None:
    known = unknowns(load("us-baseline"), load("us-baseline"))
    assert all(value != one.stated for one, value in zip(known, unsettled(known), strict=True))
    for one, value in zip(known, settled(known, "topup"), strict=True):
        assert (value == one.stated) == (one.table == "topup")
