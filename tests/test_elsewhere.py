"""What was wanted here and done elsewhere: counted by step, region, reason, route and origins."""

from pathlib import Path

import numpy as np

from sim.behavior.elsewhere import AT_RIVAL, BAN, GIFT, NOWHERE, OFFLINE, ORDER, RIVAL
from sim.metrics.elsewhere import AMOUNT, COLUMNS, COUNT, NONE, SHAPE, Elsewhere, empty_cells, note_elsewhere, taken
from sim.scenario import load
from sim.tables import read_parquet, write_parquet

HOUR_US = 3_600_000_000
QUARTER_US = HOUR_US // 4


def counted() -> Elsewhere:
    """Two windows of an hour, and one of a later hour."""
    elsewhere = Elsewhere(load("us-baseline"))
    for begin_us, route, amount in ((0, OFFLINE, 500), (QUARTER_US, OFFLINE, 700), (3 * HOUR_US, NOWHERE, 100)):
        cells = empty_cells(1)
        note_elsewhere(cells, 0, ORDER, BAN, route, 1, 0, amount)
        elsewhere.add(begin_us, taken(cells))
    return elsewhere


def test_what_is_counted_stands_in_its_own_cell() -> None:
    cells = empty_cells(3)
    note_elsewhere(cells, 2, GIFT, RIVAL, AT_RIVAL, 0, 0, 250)
    note_elsewhere(cells, 1, ORDER, BAN, OFFLINE, 1, 1, 40)
    found = cells[:-1].reshape(3, *SHAPE, 2)
    assert found[2, GIFT, RIVAL, AT_RIVAL, 0, 0].tolist() == [1, 250]
    assert found[1, ORDER, BAN, OFFLINE, 1, 1].tolist() == [1, 40]
    assert found.sum(axis=(0, 1, 2, 3, 4, 5)).tolist() == cells[-1].tolist() == [2, 290]


def test_cells_are_taken_once() -> None:
    cells = empty_cells(1)
    assert taken(cells) is NONE
    note_elsewhere(cells, 0, ORDER, BAN, NOWHERE, 0, 0, 1)
    assert taken(cells)[-1].tolist() == [1, 1]
    assert not cells.any()


def test_columns_hold_a_row_for_each_cell_with_anything() -> None:
    columns = counted().columns()
    assert list(columns) == list(COLUMNS)
    rows = list(zip(*(column.tolist() for column in columns.values()), strict=True))
    assert rows == [
        (0, 840, 840, "order", "ban", "offline", "foreign", "domestic", 2, 1200),
        (3 * HOUR_US, 840, 840, "order", "ban", "nothing", "foreign", "domestic", 1, 100),
    ]


def test_a_sum_is_over_the_steps_that_began_in_it() -> None:
    elsewhere = counted()
    assert elsewhere.between(0, HOUR_US)[0, ORDER, BAN, :, 1, 0, COUNT].tolist() == [0, 0, 2, 0]
    assert elsewhere.between(HOUR_US, 4 * HOUR_US)[..., AMOUNT].sum() == 100
    assert elsewhere.between(HOUR_US, 3 * HOUR_US).sum() == 0


def test_a_state_goes_on_where_it_was_taken() -> None:
    whole, other = counted(), Elsewhere(load("us-baseline"))
    other.restore(whole.state())
    for elsewhere in (whole, other):
        cells = empty_cells(1)
        note_elsewhere(cells, 0, ORDER, BAN, OFFLINE, 1, 0, 9)
        elsewhere.add(0, cells)
    for name, column in whole.columns().items():
        np.testing.assert_array_equal(other.columns()[name], column)


def test_nothing_is_a_table_too(tmp_path: Path) -> None:
    nothing = Elsewhere(load("us-baseline"))
    write_parquet(tmp_path / "elsewhere.parquet", nothing.columns())
    assert {
        name: len(column) for name, column in read_parquet(tmp_path / "elsewhere.parquet").items()
    } == dict.fromkeys(COLUMNS, 0)
    nothing.restore(nothing.state())
    assert nothing.between(0, HOUR_US).sum() == 0
