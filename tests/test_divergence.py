"""Where two traces part is found, and shown so that it can be read at once."""

from collections.abc import Sequence

import numpy as np
import pytest

from sim.divergence import Divergence, first_divergence
from sim.ledger import COIN, Item, Kind, Op, Outcome, Rule, account_id, item_id
from sim.ledger.money import USD
from sim.trace import SCHEMA, Trace

VIEWER, CREATOR = account_id(Kind.VIEWER, 17), account_id(Kind.CREATOR, 3)
ROSE = item_id(Item.GIFT, 12)
LATER_US = 86_400_000_000 + 3_600_000_000 + 2_000_001
ROWS: list[tuple[int, ...]] = [
    (0, 0, Op.OPEN, VIEWER, -1, -1, 0, 0, -1, 0, 840),
    (1, 0, Op.POLICY, -1, Rule.COMMISSION, -1, 60_000, 0, -1, 0, 0),
    (2, LATER_US, Op.TOPUP, VIEWER, -1, item_id(Item.PACK_WEB, 8), 1_999, USD, -1, 0, 0),
    (3, LATER_US, Op.GIFT, VIEWER, CREATOR, ROSE, 5, COIN, -1, 0, 0),
    (4, LATER_US + 1, Op.CHARGEBACK, VIEWER, -1, item_id(Item.PACK_WEB, 8), 1_999, USD, 2, 0, 0),
]

TABLE = """
record 3: reference and windowed differ in item, amount, outcome
           seq  op     at                     actor      peer       item        amount   currency  ref  outcome             region
both       2    topup  day 2 01:00:02.000001  viewer-17  -          pack_web 8  $19.99   USD       -    accepted            -
reference  3    gift   day 2 01:00:02.000001  viewer-17  creator-3  gift 12     5 coins  coin      -    accepted            -
windowed   3    gift   day 2 01:00:02.000001  viewer-17  creator-3  gift 140    1 coin   coin      -    insufficient_funds  -
                                                                    ^^^^^^^^    ^^^^^^^                 ^^^^^^^^^^^^^^^^^^
"""  # noqa: E501  (a table is read whole)


def trace(rows: Sequence[Sequence[int]]) -> Trace:
    return Trace({name: np.array([row[i] for row in rows], kind) for i, (name, kind) in enumerate(SCHEMA.items())})


def with_field(place: int, **fields: int) -> Trace:
    rows = [dict(zip(SCHEMA, row, strict=True)) for row in ROWS]
    rows[place] |= fields
    return trace([tuple(row.values()) for row in rows])


def divergence(one: Trace, other: Trace) -> Divergence:
    found = first_divergence(one, other, ("reference", "windowed"))
    assert found
    return found


def squeezed(table: str) -> list[str]:
    return [" ".join(line.split()) for line in table.splitlines()]


def test_equal_traces_do_not_diverge() -> None:
    assert first_divergence(trace(ROWS), trace(ROWS)) is None
    assert first_divergence(trace([]), trace([])) is None


@pytest.mark.parametrize("column", SCHEMA)
@pytest.mark.parametrize("place", range(len(ROWS)))
def test_a_difference_in_any_column_of_any_record_is_found(place: int, column: str) -> None:
    other = with_field(place, **{column: 77})
    assert divergence(trace(ROWS), other).seq == place
    assert divergence(trace(ROWS), other).columns == (column,)
    assert divergence(other, trace(ROWS)).columns == (column,)


def test_the_first_of_several_differences_counts_whatever_their_columns() -> None:
    rows = [*ROWS[:2], (*ROWS[2][:6], 99, *ROWS[2][7:9], Outcome.FROZEN, 0), (9, *ROWS[3][1:]), ROWS[4]]
    found = divergence(trace(ROWS), trace(rows))
    assert (found.seq, found.columns) == (2, ("amount", "outcome"))


def test_names_stand_for_codes_and_differing_fields_are_marked() -> None:
    other = with_field(3, item=item_id(Item.GIFT, 140), amount=1, outcome=Outcome.INSUFFICIENT_FUNDS)
    assert str(divergence(trace(ROWS), other)) == TABLE.strip()


def test_of_a_trace_that_ends_early_the_next_record_of_the_other_is_shown() -> None:
    found = divergence(trace(ROWS), trace(ROWS[:4]))
    assert (found.seq, found.columns, found.other) == (4, (), None)
    headline, _, both, reference = str(found).splitlines()
    assert headline == "record 4: windowed has ended"
    assert both.split()[:3] == ["both", "3", "gift"]
    assert reference.split()[:3] == ["reference", "4", "chargeback"]
    assert str(divergence(trace([]), trace(ROWS))).splitlines()[0] == "record 0: reference has ended"


def test_a_policy_shows_its_rule_and_an_opening_its_region() -> None:
    shown = str(divergence(trace(ROWS), with_field(1, amount=50_000)))
    assert squeezed(shown)[2] == "both 0 open day 1 00:00:00.000000 viewer-17 - - 0 - - accepted US"
    assert squeezed(shown)[3] == "reference 1 policy day 1 00:00:00.000000 - commission - 60,000 - - accepted -"


def test_codes_without_a_name_are_shown_as_numbers() -> None:
    odd = {"op": 99, "actor": -7, "peer": 42, "item": -5, "currency": 7, "outcome": 50, "region": 3}
    shown = str(divergence(trace(ROWS), with_field(0, **odd)))
    assert squeezed(shown)[3] == "windowed 0 99 day 1 00:00:00.000000 -7 42 -5 0 7 - 50 3"
