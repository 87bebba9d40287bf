"""Scenarios: exact numbers, short differences, and every problem told at once in one line."""

import json
import re
import typing
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cli.check import check as check_command
from sim.cli.scenarios import scenarios as scenarios_command
from sim.ledger.errors import CoinworksError
from sim.metrics import metric_names
from sim.paths import scenarios_dir
from sim.scenario import PackPrice, Parameter, ScenarioError, check, from_resolved, load, load_base, resolved
from sim.scenario.convert import INSTANT_EXPECTED, fields_of
from sim.scenario.difference import differences
from sim.scenario.files import key_lines, merge
from sim.scenario.guide import BASE, READMES, _sections, all_source_ids, filled_in
from sim.scenario.interventions import REWARD_COINS, AnyIntervention
from sim.scenario.schema import schema_text
from sim.scenario.symbols import SYMBOLS
from sim.scenario.window import window_us

STEMS = sorted(path.stem for path in scenarios_dir().glob("*.toml"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, so that messages name files as a user would."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str, name: str = "my.toml", extends: str = "us-baseline") -> str:
    """A scenario whose own keys start on line 3."""
    (folder / name).write_text(f'question = "Why?"\nextends = "{extends}"\n{text}')
    return name


def told(name: str) -> list[str]:
    return [str(problem) for problem in check(name)]


# Reading


@pytest.mark.parametrize("stem", STEMS)
def test_every_scenario_of_the_repository_is_well_formed(stem: str) -> None:
    assert [problem for problem in check(stem, metric_names=metric_names) if not problem.is_note] == []
    assert load(stem).question.endswith("?")


def test_numbers_are_exact() -> None:
    scenario = load("us-baseline", ["gifting.intent=0.1", "platform.store_fee=0.3", "creators.diamond_value_cents=0.5"])
    assert scenario.gifting.intent.value * 3 == Decimal("0.3")
    assert float(scenario.gifting.intent) == 0.1
    assert scenario.platform.store_fee.ppm == 300_000
    assert scenario.creators.diamond_value_cents.ppm == 500_000


def test_a_rate_finer_than_the_ledger_counts_is_refused() -> None:
    with pytest.raises(CoinworksError, match="at most 6 decimals"):
        _ = Parameter(value=Decimal("0.1234567")).ppm


def test_a_fraction_does_not_pass_for_a_whole_number() -> None:
    assert int(Parameter(value=Decimal("3.0"))) == 3
    with pytest.raises(ValueError, match="not a whole number"):
        int(Parameter(value=Decimal("3.5")))


def test_a_parameter_carries_its_range_source_and_basis() -> None:
    visits = load("us-baseline").audience.visits_per_day
    assert (visits.low, visits.high, visits.source, visits.basis) == (1, 8, "V1, V2", "fitted")


@pytest.mark.parametrize(
    ("text", "length_us"),
    [("15min", 900_000_000), ("10s", 10_000_000), ("1 h", 3_600_000_000), ("24h", 86_400_000_000)],
)
def test_windows(text: str, length_us: int) -> None:
    assert window_us(text) == length_us


@pytest.mark.parametrize("text", ["", "15", "0min", "-5min", "7min", "48h", "1.5min", "15 minutes"])
def test_no_windows(text: str) -> None:
    with pytest.raises(ValueError, match="divides a day"):
        window_us(text)


# Differences


@pytest.mark.parametrize(
    ("below", "above", "merged"),
    [
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}, {"a": {"x": 1, "y": 3}}),  # tables merge
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),  # arrays replace
        ({"a": {"value": 1, "range": [0, 2]}}, {"a": 2}, {"a": {"value": 2, "range": [0, 2]}}),  # a bare number
        ({"a": {"value": 1, "source": "V2"}}, {"a": {"value": 2, "source": ""}}, {"a": {"value": 2, "source": ""}}),
        ({"a": 1}, {"a": {"range": [0, 2]}}, {"a": {"value": 1, "range": [0, 2]}}),  # a range for a bare number
        ({"a": {"value": 1}}, {"a": True}, {"a": True}),  # true is no number
        ({"a": {"x": 1}}, {"a": "text"}, {"a": "text"}),
    ],
)
def test_merging(below: dict[str, object], above: dict[str, object], merged: dict[str, object]) -> None:
    assert merge(below, above) == merged


def test_a_scenario_states_only_what_differs(folder: Path) -> None:
    base, other = load("us-baseline"), load(write(folder, "[topup]\nweb_share = 0.4"))
    assert other.topup.web_share.value == Decimal("0.4")
    assert other.topup.web_share.high == base.topup.web_share.high
    assert other.gifting == base.gifting
    assert (other.name, other.question) == ("my", "Why?")


def test_a_question_is_never_inherited(folder: Path) -> None:
    (folder / "my.toml").write_text('extends = "us-baseline"\n')
    assert told("my.toml") == [
        "my.toml: question: expected a text: what the scenario asks, in one sentence; never inherited (it is missing)"
    ]


def test_a_base_is_another_scenario_and_is_never_inherited(folder: Path) -> None:
    write(folder, 'base = "us-web-push"', "parent.toml")
    assert load(write(folder, "", extends="parent.toml")).base is None
    assert told(write(folder, 'base = "my"')) == [
        "my.toml:3: base = \"my\": expected another scenario than this one, or 'without interventions'"
    ]
    assert told(write(folder, 'base = "us-bas"')) == [
        'my.toml:3: base = "us-bas": expected an existing scenario (did you mean us-baseline?)'
    ]


def test_a_base_is_loaded_for_the_same_people_and_time(folder: Path) -> None:
    """Overrides go to both; length, people and start are the scenario's own, a neighbour comes before a shipped one."""
    write(folder, "viewers = 9\nstart = 2024-05-01T00:00:00Z", "us-web-push.toml", extends="us-baseline")
    path, overrides = write(folder, 'base = "us-web-push"'), ["days=2", "gifting.intent=0.2", "base = us-web-push"]
    scenario = load(path, overrides)
    base = load_base(path, scenario, overrides)
    assert base is not None
    assert (base.name, base.question, base.base) == ("us-web-push", "Why?", None)
    assert (base.days, base.viewers, base.start) == (2, scenario.viewers, scenario.start)
    assert base.gifting.intent.value == Decimal("0.2")
    assert load_base("us-baseline", load("us-baseline")) is None


def test_a_base_may_be_the_scenario_itself_without_its_interventions(folder: Path) -> None:
    text = """base = "without interventions"
[[interventions]]
kind = "commission"
at = 2024-04-12T04:00:00Z
rate = 0.08"""
    path = write(folder, text)
    scenario = load(path, ["days=5"])
    base = load_base(path, scenario, ["days=5"])
    assert base is not None
    assert (base.name, base.days, base.interventions) == ("my without interventions", 5, ())
    assert [difference.key for difference in differences(base, scenario)] == ["interventions"]


def test_a_scenario_may_extend_a_neighbour_that_extends_another(folder: Path) -> None:
    write(folder, "viewers = 9\n[gifting]\nintent = 0.2", "parent.toml")
    scenario = load(write(folder, "viewers = 8", extends="parent"))
    assert (scenario.viewers, scenario.gifting.intent.value, scenario.days) == (8, Decimal("0.2"), 7)


def test_overrides_come_as_texts_or_as_values() -> None:
    texts = load("us-baseline", ["viewers=10", "gifting.intent = 0.2", "window=10s", "interventions=[]"])
    values = load("us-baseline", {"viewers": 10, "gifting.intent": 0.2, "window": "10s"})
    assert texts == values
    assert (values.viewers, values.gifting.intent.value, values.window_us) == (10, Decimal("0.2"), 10_000_000)


def test_an_intervention_is_typed(folder: Path) -> None:
    path = write(
        folder,
        '[[interventions]]\nkind = "pack_price"\nat = 2024-04-08T00:00:00-04:00\n'
        'region = "US"\npack = "web-65"\nprice_cents = 70',
    )
    (change,) = load(path).interventions
    assert isinstance(change, PackPrice)
    assert (change.kind, change.at.isoformat(), change.price_cents) == ("pack_price", "2024-04-08T04:00:00+00:00", 70)


# Problems


FROM_START = "an instant at or after the start, 2024-04-08T04:00:00+00:00"
BEFORE_END = "an instant before the end, 2024-04-15T04:00:00+00:00 (it changes nothing in this run)"
KINDS = ", ".join(kind.__struct_config__.tag for kind in typing.get_args(AnyIntervention))
ZONES_STAY = "zones of an extended scenario stay unless set to 0"
PACK = '{ name = "a", channel = "app", coins = 65, price_cents = 99, source = "P3" }'
CREATORS = "there are 100 creators for 5,000 viewers"
PRICE = 'kind = "pack_price"\nat = 2024-04-11T00:00:00Z\nprice_cents = 9'

PROBLEMS = {
    "a misspelt key": (
        "[gifting]\nintnt = 0.1",
        "my.toml:4: gifting.intnt = 0.1: expected a known key (did you mean intent?)",
    ),
    "a misspelt table": (
        "[giftin]\nintent = 0.1",
        "my.toml:3: giftin = { intent = 0.1 }: expected a known key (did you mean gifting?)",
    ),
    "a number out of bounds": (
        "[gifting]\nintent = -0.2",
        "my.toml:4: gifting.intent = -0.2: expected a number in [0, 1]",
    ),
    "no number": ("[gifting]\nintent = nan", "my.toml:4: gifting.intent = NaN: expected a number in [0, 1]"),
    "truth for a number": ("[gifting]\nintent = true", "my.toml:4: gifting.intent = true: expected a number in [0, 1]"),
    "a text for a number": (
        'viewers = "5"',
        'my.toml:3: viewers = "5": expected a whole number of viewers in [1, 1000000000]',
    ),
    "half a day": ("days = 0.5", "my.toml:3: days = 0.5: expected a whole number of days in [1, 3660]"),
    "too many digits": (
        "[gifting]\nprice_elasticity = 1.23456789012345678",
        "my.toml:4: gifting.price_elasticity = 1.23456789012345678: expected a number of at most 15 digits",
    ),
    "a rate finer than ppm": (
        "[platform]\nstore_fee = 0.1234567",
        "my.toml:4: platform.store_fee = 0.1234567: expected a number in [0, 1] with at most 6 decimals",
    ),
    "cents in parts": (
        "[topup]\nweekly_budget_median_cents = 1999.5",
        "my.toml:4: topup.weekly_budget_median_cents = 1999.5: expected a whole number of cents in [0, 1000000000000]",
    ),
    "more pieces than there are": (
        "[sellers]\nstock_per_good = 1000000000000000000000",
        "my.toml:4: sellers.stock_per_good = 1000000000000000000000: expected a whole number in [0, 1000000000]",
    ),
    "a start off the hour": (
        "start = 2024-04-08T04:30:00Z",
        "my.toml:3: start = 2024-04-08T04:30:00+00:00: expected a full hour (UTC) from 1971 to 2199",
    ),
    "a start before calendars": (
        "start = 0001-01-01T00:00:00Z",
        "my.toml:3: start = 0001-01-01T00:00:00+00:00: expected a full hour (UTC) from 1971 to 2199",
    ),
    "a range that misses its value": (
        "[gifting]\ncombo = { value = 0.9, range = [0.1, 0.6] }",
        "my.toml:4: gifting.combo = 0.9: expected a number in its range [0.1, 0.6]",
    ),
    "a range upside down": (
        "[gifting]\ncombo = { value = 0.3, range = [0.6, 0.1] }",
        "my.toml:4: gifting.combo.range = [0.6, 0.1]: expected [low, high], both a number in [0, 1]",
    ),
    "an unknown basis": (
        '[gifting]\ncombo = { basis = "guess" }',
        'my.toml:4: gifting.combo.basis = "guess": expected one of mechanism, fitted, assumed',
    ),
    "a date without zone": (
        "start = 2024-04-08T04:00:00",
        f"my.toml:3: start = 2024-04-08T04:00:00: expected {INSTANT_EXPECTED} (it has no zone)",
    ),
    "a window that divides no day": (
        'window = "7min"',
        'my.toml:3: window = "7min": expected a whole number of s, min or h that divides a day, like "15min"',
    ),
    "an unknown currency": (
        '[regions.US]\ncurrency = "USDD"',
        'my.toml:4: regions.US.currency = "USDD": expected a known currency (did you mean USD?)',
    ),
    "a currency that its prices are not in": (
        '[regions.US]\ncurrency = "EUR"',
        'my.toml:4: regions.US.currency = "EUR": expected USD, the currency of its catalogue packs-us',
    ),
    "an unknown region": (
        "[regions.XX]\nshare = 0",
        "my.toml:3: regions.XX: expected a region by its ISO 3166 letters (known: CN, DE, GB, ID, US)",
    ),
    "shares that do not sum to 1": (
        "[regions.US]\nshare = 0.9",
        "my.toml:4: regions.US.share = 0.9: expected shares that sum to 1 over the regions (they sum to 0.9)",
    ),
    "a place without a clock": (
        '[regions.US.time_zones]\n"America/Chicag" = 0.0',
        "my.toml:4: regions.US.time_zones.America/Chicag: expected a time zone's IANA name, like America/New_York",
    ),
    "zones that do not sum to 1": (
        '[regions.US.time_zones]\n"America/Chicago" = 0.3',
        f"my.toml:3: regions.US.time_zones: expected shares that sum to 1 (they sum to 1.01; {ZONES_STAY})",
    ),
    "a short day": (
        "[audience]\nhours = [1, 2]",
        "my.toml:4: audience.hours = [1, 2]: expected 24 weights, one for each local hour (there are 2)",
    ),
    "a floor above the ceiling": (
        "[creators]\npayout_floor_cents = { value = 200000, range = [0, 200000] }",
        "my.toml:4: creators.payout_floor_cents = 200000: expected at most payout_ceiling_cents, 100000",
    ),
    "a catalogue that does not exist": (
        '[gifting]\ncatalog = "gift"',
        'my.toml:4: gifting.catalog = "gift": expected an existing catalogue (did you mean gifts?)',
    ),
    "an unknown intervention": (
        '[[interventions]]\nkind = "comission"',
        f'my.toml:4: interventions[0].kind = "comission": expected one of {KINDS} (did you mean commission?)',
    ),
    "an intervention before the start": (
        '[[interventions]]\nkind = "rewards"\nat = 2024-01-01T00:00:00Z\ncheckin_coins = 5',
        f"my.toml:5: interventions[0].at = 2024-01-01T00:00:00+00:00: expected {FROM_START}",
    ),
    "a pack that nobody sells": (
        f'[[interventions]]\n{PRICE}\nregion = "US"\npack = "app-1320"',
        'my.toml:8: interventions[0].pack = "app-1320": expected a pack sold in US (did you mean app-1321?)',
    ),
    "a ban of nothing": (
        '[[interventions]]\nkind = "commerce_ban"\nat = 2024-04-11T00:00:00Z\nchannels = []',
        "my.toml:3: interventions[0]: expected one or more of live, shop, video in channels (it is missing)",
    ),
    "rewards of nothing": (
        '[[interventions]]\nkind = "rewards"\nat = 2024-04-11T00:00:00Z',
        f"my.toml:3: interventions[0]: expected one or more of {', '.join(REWARD_COINS)} (it is missing)",
    ),
    "a rival that changes nothing": (
        '[[interventions]]\nkind = "rival_offer"\nat = 2024-04-11T00:00:00Z',
        "my.toml:3: interventions[0]: expected viewer_share, price_cents or creator_cents (it is missing)",
    ),
    "a ring for nobody": (
        '[[interventions]]\nkind = "fraud_ring"\nat = 2024-04-11T00:00:00Z\nshare = 0.1\ncreator = 150',
        f"my.toml:7: interventions[0].creator = 150: expected a creator's number, from 0 to 149 ({CREATORS})",
    ),
    "a star beyond the last": (
        '[[interventions]]\nkind = "gift_storm"\nat = 2024-04-11T00:00:00Z\nfactor = 2\nrank = 101',
        f"my.toml:7: interventions[0].rank = 101: expected a creator's rank, from 1 to 100 ({CREATORS})",
    ),
    "a pack of another country": (
        f'[[interventions]]\n{PRICE}\nregion = "UK"\npack = "app-65"',
        'my.toml:7: interventions[0].region = "UK": expected one of US',
    ),
}


@pytest.mark.parametrize(("text", "line"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_each_problem_is_one_line_with_place_value_and_expectation(folder: Path, text: str, line: str) -> None:
    assert line in told(write(folder, text))
    with pytest.raises(ScenarioError) as error:
        load("my.toml")
    assert line in str(error.value).splitlines()


def test_all_problems_are_told_at_once(folder: Path) -> None:
    path = write(folder, "viewers = 0\ndys = 7\n[gifting]\nintent = 2\n[topup]\nnoise = -1")
    assert [line.split(" = ")[0] for line in told(path)] == [
        "my.toml:3: viewers",
        "my.toml:4: dys",
        "my.toml:6: gifting.intent",
        "my.toml:8: topup.noise",
    ]


def test_one_bad_value_hides_nothing_else_of_its_row(folder: Path) -> None:
    """Of a season, of interventions of a known and of an unknown kind, and of a catalogue that a rule reads."""
    (folder / "catalogs").mkdir()
    (folder / "catalogs" / "own.toml").write_text(
        'about = "x"\ncurrency = "EUR"\npacks = [\n'
        f'{PACK},\n{{ name = "b", channel = "ap", coins = -1, price_cents = 99, source = "P3" }},\n]'
    )
    path = write(
        folder,
        """[regions.US]
packs = "own"
currency = "USD"
[[calendar]]
name = "x"
first_day = 2024-04-12
last_day = 2024-04-10
region = "GB"
visits = -3
hours = [1]
[[interventions]]
kind = "vat"
at = 2024-04-12T04:00:00Z
until = 2024-04-10T04:00:00Z
chance = 7
[[interventions]]
kind = "pack_price"
at = 2024-04-09T04:00:00Z
until = 2024-04-12T04:00:00Z
region = "US"
pack = "a"
price_cents = -9
[[interventions]]
kind = "pack_price"
at = 2024-04-10T04:00:00Z
region = "US"
pack = "a"
price_cents = 9
[[interventions]]
kind = "pack_prize"
at = 2021-04-12T04:00:00Z
region = "GB"
chance = 7
[[interventions]]
kind = "pack_price"
at = 2024-04-10T04:00:00Z
region = "US"
pack = "c"
price_cents = 9.5""",
    )
    assert [line.partition(": expected")[0] for line in told(path)] == [
        'catalogs/own.toml:5: packs[1].channel = "ap"',
        "catalogs/own.toml:5: packs[1].coins = -1",
        'my.toml:5: regions.US.currency = "USD"',
        "my.toml:9: calendar[0].last_day = 2024-04-10",
        'my.toml:10: calendar[0].region = "GB"',
        "my.toml:11: calendar[0].visits = -3",
        "my.toml:12: calendar[0].hours = [1]",
        "my.toml:13: interventions[0]",
        "my.toml:16: interventions[0].until = 2024-04-10T04:00:00+00:00",
        "my.toml:17: interventions[0].chance = 7",
        "my.toml:24: interventions[1].price_cents = -9",
        "my.toml:27: interventions[2].at = 2024-04-10T04:00:00+00:00",
        'my.toml:32: interventions[3].kind = "pack_prize"',
        "my.toml:33: interventions[3].at = 2021-04-12T04:00:00+00:00",
        'my.toml:34: interventions[3].region = "GB"',
        "my.toml:35: interventions[3].chance = 7",
        'my.toml:40: interventions[4].pack = "c"',
        "my.toml:41: interventions[4].price_cents = 9.5",
    ]


@pytest.mark.parametrize(
    ("headline", "hint"),
    [("take_rat", "did you mean take_rate?"), ("bookings.USD", "did you mean bookings?")],
)
def test_a_headline_is_a_metric(folder: Path, headline: str, hint: str) -> None:
    write(folder, f'headline = "{headline}"')
    expected = f"expected one of what coinworks metrics lists ({hint})"
    assert [str(problem) for problem in check("my.toml", metric_names=metric_names)] == [
        f'my.toml:3: headline = "{headline}": {expected}'
    ]


def test_with_several_currencies_a_headline_of_money_names_one(folder: Path) -> None:
    regions = """headline = "bookings{}"
[regions.US]
share = 0.5
[regions.GB]
share = 0.5
currency = "GBP"
rate = 0.8
income = 1
packs = "packs-gb"
goods = "goods-gb"
topup_tax = 0
order_tax = 0
time_zones = {{ "Europe/London" = 1 }}
"""
    write(folder, regions.format(".GBP"))
    assert check("my.toml", metric_names=metric_names) == []
    write(folder, regions.format(""))
    (problem,) = check("my.toml", metric_names=metric_names)
    assert problem.hint == "did you mean bookings.USD?"


def test_a_base_of_another_time_or_money_is_noted(folder: Path) -> None:
    """With what stays of it, and what it takes from the scenario; overrides are of both."""
    write(folder, "", "parent.toml")
    path = write(folder, 'base = "parent"\ndays = 3\nstart = 2024-04-09T04:00:00Z')
    started = "it would start at 2024-04-08T04:00:00+00:00 and starts here with this one"
    expected = "a scenario with the same money, start and length"
    assert told(path) == [
        f'my.toml:3: note: base = "parent": expected {expected} ({started}; it would last 7 days and lasts 3 here)'
    ]
    assert check(path, ["days=2", "start=2024-04-09T04:00:00Z"]) == []
    (note,) = check(write(folder, 'base = "us-baseline"', extends="uk"), {"start": "2024-04-08T04:00:00Z"})
    assert note.is_note
    assert note.hint == "its money stays in USD"


def test_notes_are_told_to_who_loads(folder: Path) -> None:
    heard: list[str] = []
    load(write(folder, NOTES["an intervention after the end"][0]), on_note=lambda note: heard.append(str(note)))
    assert heard == [NOTES["an intervention after the end"][1]]


ONE_MISTAKE = {
    "an unknown currency": '[regions.US]\ncurrency = "USDD"',
    "a misspelt time zone": '[regions.US.time_zones]\n"America/New_Yrok" = 1.0',
    "an unknown region": """[regions.UK]
share = 0.5
currency = "USD"
rate = 1
income = 1
packs = "packs-us"
goods = "goods-us"
topup_tax = 0
order_tax = 0
time_zones = { "Europe/London" = 1 }
""",
}


@pytest.mark.parametrize("text", ONE_MISTAKE.values(), ids=ONE_MISTAKE.keys())
def test_one_mistake_is_told_once(folder: Path, text: str) -> None:
    assert len(told(write(folder, text))) == 1


def test_check_and_load_tell_problems_in_the_same_order(folder: Path) -> None:
    path = write(folder, "[topup]\nnoise = -1\n[gifting]\nintent = 2\n[audience]\nhours = [1]")
    with pytest.raises(ScenarioError) as error:
        load(path)
    assert str(error.value).splitlines() == told(path)


def test_a_problem_is_told_where_it_was_written(folder: Path) -> None:
    write(folder, "[gifting]\nintent = 2", "parent.toml")
    assert told(write(folder, "viewers = 0", extends="parent")) == [
        "my.toml:3: viewers = 0: expected a whole number of viewers in [1, 1000000000]",
        "parent.toml:4: gifting.intent = 2: expected a number in [0, 1]",
    ]


NOTES = {
    "leaving the range of what is extended": (
        "[gifting]\ngiver_share = 0.5",
        "my.toml:4: note: gifting.giver_share = 0.5: expected a number in its range [0.02, 0.13] (S1, S2)",
    ),
    "an intervention after the end": (
        '[[interventions]]\nkind = "commerce_ban"\nat = 2024-04-15T04:00:00Z',
        f"my.toml:5: note: interventions[0].at = 2024-04-15T04:00:00+00:00: expected {BEFORE_END}",
    ),
}


@pytest.mark.parametrize(("text", "line"), NOTES.values(), ids=NOTES.keys())
def test_a_note_stops_nobody(folder: Path, text: str, line: str) -> None:
    assert told(write(folder, text)) == [line]
    assert load("my.toml").name == "my"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("us-baselin", "us-baselin: expected an existing scenario (did you mean us-baseline?)"),
        (
            "orphan.toml",
            'orphan.toml:2: extends = "us-baselin": expected an existing scenario (did you mean us-baseline?)',
        ),
        (
            "loop.toml",
            'pool.toml:2: extends = "loop": expected no scenario that extends this one (loop -> pool -> loop)',
        ),
        ("torn.toml", "torn.toml:2: expected valid TOML; expected '=' after a key in a key/value pair"),
        ("latin.toml", "latin.toml: expected text in UTF-8"),
        ("./us-baseline.toml", "./us-baseline.toml: expected an existing scenario (did you mean us-baseline2?)"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(folder: Path, name: str, line: str) -> None:
    write(folder, "", "orphan.toml", extends="us-baselin")
    write(folder, "", "loop.toml", extends="pool")
    write(folder, "", "pool.toml", extends="loop")
    write(folder, "", "us-baseline2.toml")
    (folder / "torn.toml").write_text('question = "Why?"\nviewers\n')
    (folder / "latin.toml").write_bytes('question = "Où?"'.encode("latin-1"))
    assert told(name) == [line]
    with pytest.raises(ScenarioError, match="expected"):
        load(name)


def test_what_an_unreadable_parent_would_have_given_is_not_called_missing(folder: Path) -> None:
    lines = told(write(folder, "viewers = 0", extends="us-baselin"))
    assert [line.split(":")[1] for line in lines] == ["2", "3"]


CATALOGS = {
    "an empty ladder": ("packs = []", "catalogs/bad.toml:3: packs = []: expected at least one of the packs"),
    "a negative price": (
        'packs = [\n{ name = "a", channel = "app", coins = 65, price_cents = -99, source = "P3" },\n]',
        "catalogs/bad.toml:4: packs[0].price_cents = -99: expected a whole number of cents in [1, 1000000000000]",
    ),
    "a channel nobody knows": (
        'packs = [\n{ name = "a", channel = "phone", coins = 65, price_cents = 99, source = "P3" },\n]',
        'catalogs/bad.toml:4: packs[0].channel = "phone": expected one of app, web',
    ),
    "a name used twice": (
        f"packs = [\n{PACK},\n{PACK},\n]",
        'catalogs/bad.toml:5: packs[1].name = "a": expected a name that no other row has',
    ),
}


@pytest.mark.parametrize(("rows", "line"), CATALOGS.values(), ids=CATALOGS.keys())
def test_a_catalogue_is_checked_with_the_scenario_and_alone(folder: Path, rows: str, line: str) -> None:
    (folder / "catalogs").mkdir()
    (folder / "catalogs/bad.toml").write_text(f'about = "Packs"\ncurrency = "USD"\n{rows}\n')
    assert told(write(folder, '[regions.US]\npacks = "bad"')) == [line]
    assert told("catalogs/bad.toml") == [line]


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("viewers", "--set: viewers: expected KEY=VALUE, like gifting.intent=0.2"),
        ("viewers=0", "--set: viewers = 0: expected a whole number of viewers in [1, 1000000000]"),
        ("gifting.intnt=0.2", "--set: gifting.intnt = 0.2: expected a known key (did you mean intent?)"),
        (
            "viewers.x=1",
            "--set: viewers = { value = 5000, x = 1 }: expected a whole number of viewers in [1, 1000000000]",
        ),
    ],
)
def test_a_wrong_override_says_so(override: str, line: str) -> None:
    with pytest.raises(ScenarioError) as error:
        load("us-baseline", [override])
    assert str(error.value) == line


def test_lines_of_keys() -> None:
    text = 'a = 1\n[b.c]\n# x = 2\n"d e" = 3\n[[f]]\ng = 4\n[[f]]\ng = [\n{ h = 5 },\n{ h = 6 },\n]\n'
    assert key_lines(text) == {
        ("a",): 1,
        ("b", "c"): 2,
        ("b", "c", "d e"): 4,
        ("f", 0): 5,
        ("f", 0, "g"): 6,
        ("f", 1): 7,
        ("f", 1, "g"): 8,
        ("f", 1, "g", 0): 9,
        ("f", 1, "g", 1): 10,
    }


# The manifest's copy


@pytest.mark.parametrize("stem", STEMS)
def test_a_scenario_survives_its_journey_through_json(stem: str) -> None:
    scenario = load(stem)
    back = from_resolved(json.loads(json.dumps(resolved(scenario))))
    assert back == scenario
    assert back.digest == scenario.digest


@settings(max_examples=20, deadline=None)
@given(
    st.decimals(0, 1, places=6),
    st.decimals(0, 100, allow_nan=False, places=12),
    st.integers(0, 2**64 - 1),
)
def test_any_numbers_survive_the_journey(fee: Decimal, elasticity: Decimal, seed: int) -> None:
    overrides = {"platform.store_fee": fee, "gifting.price_elasticity": elasticity, "seed": seed}
    scenario = load("us-baseline", overrides)
    assert from_resolved(json.loads(json.dumps(resolved(scenario)))) == scenario


def test_the_digest_sees_every_digit_and_no_spelling() -> None:
    base = load("us-baseline")
    assert load("us-baseline", ["regions.US.share=1"]).digest == base.digest
    assert load("us-baseline", ["gifting.intent=0.100001"]).digest != base.digest
    plain = resolved(base)
    plain["catalogs"]["gifts"]["gifts"][0]["coins"] += 1
    assert from_resolved(plain).digest != base.digest


def test_a_damaged_copy_is_refused() -> None:
    plain = resolved(load("us-baseline"))
    with pytest.raises(ScenarioError, match="expected the keys name and catalogs"):
        from_resolved({key: value for key, value in plain.items() if key != "catalogs"})
    with pytest.raises(ScenarioError, match=r"us-baseline: gifting.intent = 7: expected a number in \[0, 1\]"):
        from_resolved(plain | {"gifting": plain["gifting"] | {"intent": 7}})


# What is generated, and the command


def test_the_schema_is_current() -> None:
    assert (scenarios_dir() / "scenario.schema.json").read_text("utf-8") == schema_text(), (
        "coinworks check --schema > scenarios/scenario.schema.json"
    )


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.parent.name)
def test_a_readme_is_current(readme: Path) -> None:
    text = readme.read_text("utf-8")
    assert filled_in(text) == text, "python -m sim.scenario.guide"


def test_every_parameter_has_a_symbol_of_its_own() -> None:
    stated = {
        (name.partition(".")[0], field.name)
        for name, struct, table in _sections(load(BASE))
        for field in fields_of(struct)
        if isinstance(getattr(table, field.name), Parameter)
    }
    assert stated == {(table, name) for table, symbols in SYMBOLS.items() for name in symbols}
    used = [symbol for symbols in SYMBOLS.values() for symbol in symbols.values()]
    assert len(used) == len(set(used))


def test_the_description_and_its_symbols_agree() -> None:
    """Each formula's symbols are in the table, and each of the table is used in the description."""
    text = READMES[1].read_text("utf-8").partition("# Overview")[2].partition("## Symbols")[0]
    known = {symbol for symbols in SYMBOLS.values() for symbol in symbols.values()}
    submodels = re.sub(r"`[^`]*`", "", text.partition("## Submodels")[2])
    assert set(re.findall(r"[^\W\d]̄?_\w+", submodels)) - known == {"z_M", "z_W"}
    assert {symbol for symbol in known if not re.search(rf"(?<!\w){re.escape(symbol)}(?!\w)", text)} == set()


def test_the_readme_explains_every_source_that_is_cited() -> None:
    text = (scenarios_dir() / "README.md").read_text("utf-8")
    assert {source for source in all_source_ids() if f"\n| {source} | " not in text} == set()


def test_the_readmes_own_example_is_well_formed(folder: Path) -> None:
    text = (scenarios_dir() / "README.md").read_text("utf-8")
    (folder / "example.toml").write_text(text.partition("```toml\n")[2].partition("```")[0])
    assert told("example.toml") == []
    assert len(load("example.toml").interventions) == 1


def test_check_prints_every_problem_and_fails(folder: Path) -> None:
    path = write(folder, "viewers = 0\ndays = 0")
    result = CliRunner().invoke(check_command, [path, "us-baseline"])
    assert result.exit_code == 1
    assert [line.split(" = ")[0] for line in result.output.splitlines()] == [
        "my.toml:3: viewers",
        "my.toml:4: days",
        "us-baseline: ok",
    ]


def test_check_without_problems_succeeds_for_people_and_machines(folder: Path) -> None:
    path = write(folder, "[gifting]\ngiver_share = 0.5")
    assert CliRunner().invoke(check_command, ["us-baseline"]).output == "us-baseline: ok\n"
    noted = CliRunner().invoke(check_command, [path, "--json"])
    assert noted.exit_code == 0
    assert [problem["is_note"] for problem in json.loads(noted.output)[path]] == [True]


def test_check_without_a_file_is_a_wrong_use() -> None:
    assert CliRunner().invoke(check_command, []).exit_code == 2


def test_check_prints_the_schema() -> None:
    assert json.loads(CliRunner().invoke(check_command, ["--schema"]).output)["required"] == ["question"]


def test_scenarios_lists_each_with_its_question() -> None:
    listed = json.loads(CliRunner().invoke(scenarios_command, ["--json"]).output)
    assert [row["name"] for row in listed] == STEMS
    assert set(listed[0]) == {"name", "question", "base", "days", "viewers", "headline"}
    assert all(stem in CliRunner().invoke(scenarios_command, []).output for stem in STEMS)
