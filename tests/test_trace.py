"""The trace: a digest that belongs to the columns, and a reader that refuses what isn't whole or was changed."""

import hashlib

import numpy as np
import pytest

from sim.ledger.accounts import Kind, account_id
from sim.ledger.money import COIN, USD
from sim.ledger.operations import Item, Op, Operation, item_id
from sim.ledger.outcomes import Outcome
from sim.tables import TableError, read_parquet, write_parquet
from sim.trace import SCHEMA, Trace, TraceError, TraceWriter, read_trace

VIEWER, CREATOR = account_id(Kind.VIEWER, 17), account_id(Kind.CREATOR, 3)
RECORDS = [
    (Operation(0, 0, Op.OPEN, VIEWER, region=840), Outcome.ACCEPTED),
    (Operation(1, 0, Op.OPEN, CREATOR, region=840), Outcome.ACCEPTED),
    (Operation(2, 5, Op.GIFT, VIEWER, CREATOR, item_id(Item.GIFT, 0), 1, COIN), Outcome.INSUFFICIENT_FUNDS),
    (Operation(3, 9, Op.TOPUP, VIEWER, -1, item_id(Item.PACK_APP, 2), 499, USD, region=840), Outcome.ACCEPTED),
    (Operation(4, 9, Op.CHARGEBACK, VIEWER, amount=499, currency=USD, ref=3), Outcome.ACCEPTED),
]


def columns_of(records) -> dict[str, np.ndarray]:
    rows = [
        (o.seq, o.at_us, o.op, o.actor, o.peer, o.item, o.amount, o.currency, o.ref, outcome, o.region)
        for o, outcome in records
    ]
    return {name: np.array([row[i] for row in rows], kind) for i, (name, kind) in enumerate(SCHEMA.items())}


def many(n: int) -> dict[str, np.ndarray]:
    columns = {name: np.zeros(n, kind) for name, kind in SCHEMA.items()}
    return columns | {"seq": np.arange(n), "at_us": np.arange(n) // 3, "amount": np.arange(n) * 7}


def written(folder, columns, blocks: int = 1, rows_per_part: int = 10) -> str:
    with TraceWriter(folder, rows_per_part) as writer:
        for rows in np.array_split(np.arange(len(columns["seq"])), blocks):
            writer.extend({name: column[rows] for name, column in columns.items()})
    return writer.close()


def test_the_schema_is_eleven_columns_of_62_bytes_a_row():
    assert [(name, kind.str.lstrip("<|")) for name, kind in SCHEMA.items()] == [
        ("seq", "i8"), ("at_us", "i8"), ("op", "u1"), ("actor", "i8"), ("peer", "i8"), ("item", "i4"),
        ("amount", "i8"), ("currency", "u2"), ("ref", "i8"), ("outcome", "u1"), ("region", "u2"),
    ]  # fmt: skip


def test_records_come_back_as_they_were_written(tmp_path):
    with TraceWriter(tmp_path / "trace") as writer:
        for operation, outcome in RECORDS:
            writer.append(operation, outcome)
    trace = read_trace(tmp_path / "trace", writer.digest)
    assert list(trace) == RECORDS
    assert len(trace) == writer.rows == 5
    assert trace.record(2) == RECORDS[2][0]
    assert trace.outcome(2) is Outcome.INSUFFICIENT_FUNDS
    assert isinstance(trace.record(2).op, Op)
    assert repr(trace) == f"<Trace records=5 digest={trace.digest[:8]}>"


def test_the_digest_is_that_of_the_columns_digests():
    """Worked out here from the definition, byte by byte."""
    whole = hashlib.sha256()
    for name, column in columns_of(RECORDS).items():
        size = SCHEMA[name].itemsize
        raw = b"".join(int(value).to_bytes(size, "little", signed=SCHEMA[name].kind == "i") for value in column)
        whole.update(hashlib.sha256(raw).digest())
    assert Trace(columns_of(RECORDS)).digest == whole.hexdigest()


@pytest.mark.parametrize(
    ("blocks", "rows_per_part", "parts"), [(1, 10, 10), (7, 10, 10), (97, 40, 3), (1, 97, 1), (2, 96, 2)]
)
def test_blocks_and_parts_change_neither_digest_nor_columns(tmp_path, blocks, rows_per_part, parts):
    digest = written(tmp_path, many(97), blocks, rows_per_part)
    assert digest == Trace(many(97)).digest
    assert len(list(tmp_path.iterdir())) == parts
    found = read_trace(tmp_path, digest)
    for name, column in many(97).items():
        np.testing.assert_array_equal(found.columns[name], column)
        assert found.columns[name].dtype == SCHEMA[name]


def test_the_parts_are_the_same_files_however_the_rows_came(tmp_path):
    written(tmp_path / "one", many(97), blocks=1)
    written(tmp_path / "other", many(97), blocks=50)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes()


def test_single_records_and_blocks_may_alternate(tmp_path):
    columns = columns_of(RECORDS)
    with TraceWriter(tmp_path) as writer:
        writer.append(*RECORDS[0])
        writer.extend({name: column[1:3] for name, column in columns.items()})
        writer.append(*RECORDS[3])
        writer.append(*RECORDS[4])
    assert writer.digest == Trace(columns).digest


def test_a_block_may_be_used_again_by_whoever_gave_it(tmp_path):
    columns = many(5)
    writer = TraceWriter(tmp_path)
    writer.extend(columns)
    columns["amount"][:] = -1
    digest = writer.close()
    assert read_trace(tmp_path, digest).columns["amount"].tolist() == [0, 7, 14, 21, 28]


def test_an_empty_trace_is_a_trace(tmp_path):
    digest = TraceWriter(tmp_path).close()
    assert len(read_trace(tmp_path, digest)) == 0


@pytest.mark.parametrize("column", list(SCHEMA))
def test_a_change_in_any_column_changes_the_digest(column):
    changed = columns_of(RECORDS)
    changed[column][2] += 1
    assert Trace(changed).digest != Trace(columns_of(RECORDS)).digest


def test_an_edited_amount_is_refused_with_both_digests(tmp_path):
    digest = written(tmp_path, many(25))
    part = tmp_path / "part-00001.parquet"
    columns = read_parquet(part)
    columns["amount"][4] += 1
    write_parquet(part, columns)
    with pytest.raises(TraceError, match="digest") as error:
        read_trace(tmp_path, digest)
    edited = many(25)
    edited["amount"][14] += 1
    assert digest in str(error.value)
    assert Trace(edited).digest in str(error.value)
    assert "\n" not in str(error.value)


def test_a_cut_tail_is_refused(tmp_path):
    digest = written(tmp_path, many(25))
    (tmp_path / "part-00002.parquet").unlink()
    with pytest.raises(TraceError, match=f"expected {digest}"):
        read_trace(tmp_path, digest)


@pytest.mark.parametrize("number", [0, 1])
def test_a_missing_part_is_named(tmp_path, number):
    digest = written(tmp_path, many(25))
    (tmp_path / f"part-0000{number}.parquet").unlink()
    with pytest.raises(TraceError, match=rf"part-0000{number}\.parquet is missing"):
        read_trace(tmp_path, digest)


def test_a_folder_without_a_trace_is_refused(tmp_path):
    with pytest.raises(TraceError, match=r"part-00000\.parquet is missing"):
        read_trace(tmp_path)


def test_a_truncated_part_is_named(tmp_path):
    digest = written(tmp_path, many(25))
    part = tmp_path / "part-00001.parquet"
    part.write_bytes(part.read_bytes()[:-50])
    with pytest.raises(TableError, match="part-00001") as error:
        read_trace(tmp_path, digest)
    assert "\n" not in str(error.value)


def rewritten(folder, change) -> None:
    written(folder, many(5))
    part = folder / "part-00000.parquet"
    write_parquet(part, change(read_parquet(part)))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: {n: v for n, v in c.items() if n != "ref"}, "expected seq, at_us, op"),
        (lambda c: dict(sorted(c.items())), "the columns are actor, amount"),
        (lambda c: c | {"amount": c["amount"].astype("f8")}, "column amount has type float64, expected int64"),
        (lambda c: c | {"seq": c["seq"][::-1]}, "record 0 has seq 4, expected 0"),
        (lambda c: c | {"seq": c["seq"] + 1}, "record 0 has seq 1, expected 0"),
        (
            lambda c: c | {"at_us": np.array([0, 0, 9, 8, 9])},
            "record 3 has at_us 8, expected at least its predecessor's 9",
        ),
        (lambda c: c | {"at_us": c["at_us"] - 1}, "record 0 has at_us -1, expected at least its predecessor's 0"),
        (lambda c: c | {"op": np.array([0, 0, 99, 0, 0], "u1")}, "record 2 has op 99"),
        (lambda c: c | {"outcome": np.array([0, 0, 0, 0, 8], "u1")}, "record 4 has outcome 8"),
    ],
)
def test_what_breaks_the_schema_is_refused_in_one_line(tmp_path, change, expected):
    rewritten(tmp_path, change)
    with pytest.raises(TraceError, match=expected) as error:
        read_trace(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"op": np.full(5, 256)}, "column op: 256 doesn't fit its type, uint8"),
        ({"item": np.full(5, 2**31)}, "column item: 2147483648 doesn't fit"),
        ({"currency": np.full(5, -1)}, "column currency: -1 doesn't fit"),
        ({"amount": np.full(5, 0.5)}, "column amount: 0.5 doesn't fit"),
        ({"seq": np.array([0, 1, 2, 4, 5])}, "record 3 has seq 4, expected 3"),
    ],
)
def test_the_writer_refuses_what_does_not_fit(tmp_path, change, expected):
    with pytest.raises(TraceError, match=expected):
        TraceWriter(tmp_path).extend(many(5) | change)


def test_the_writer_refuses_a_record_out_of_order(tmp_path):
    writer = TraceWriter(tmp_path)
    writer.append(*RECORDS[0])
    writer.append(*RECORDS[2])
    with pytest.raises(TraceError, match="record 1 has seq 2, expected 1"):
        writer.close()


def test_time_may_not_run_back_between_blocks(tmp_path):
    writer = TraceWriter(tmp_path)
    writer.extend(many(5))
    with pytest.raises(TraceError, match="record 5 has at_us 0"):
        writer.extend(many(2) | {"seq": np.array([5, 6])})


def test_a_record_that_is_not_there_is_named():
    with pytest.raises(TraceError, match="record 5: the trace has 5, counted from 0"):
        Trace(columns_of(RECORDS)).record(5)
