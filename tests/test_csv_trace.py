"""A CSV as traffic: what its rows mean, and what is told of those that mean nothing."""

from pathlib import Path

import pytest

from loadtests.csv_trace import OPTIONAL, PROBLEMS_SHOWN, REQUIRED, CsvError, read_csv_trace
from loadtests.traffic import read_traffic, results_folder
from sim.ledger import COIN, DIAMOND, Book, CoinworksError, Item, Op, Operation, Outcome, account_id, item_id
from sim.ledger.accounts import Kind
from sim.ledger.conservation import check
from sim.trace import Trace, TraceWriter, read_trace
from traces import busy_town

ANN, STAR, SHOP = account_id(Kind.VIEWER, 0), account_id(Kind.CREATOR, 0), account_id(Kind.SELLER, 0)
DAY = "2026-03-01T"


def read(tmp_path: Path, text: str) -> list[tuple[Operation, Outcome]]:
    """The records behind a CSV given as text."""
    path = tmp_path / "given.csv"
    path.write_text(text)
    return list(read_csv_trace(path)[0])


def live(rows: list[tuple[Operation, Outcome]]) -> list[tuple[Operation, Outcome]]:
    return [(operation, outcome) for operation, outcome in rows if operation.op not in (Op.OPEN, Op.POLICY)]


def openings(rows: list[tuple[Operation, Outcome]]) -> dict[int, tuple[int, int]]:
    return {o.actor: (o.amount, o.currency) for o, _ in rows if o.op == Op.OPEN}


def test_the_least_there_is(tmp_path: Path) -> None:
    """Three columns for a read; the account is opened by itself."""
    rows = read(tmp_path, "at,op,actor\n5,balance,ann\n")
    assert rows == [
        (Operation(0, 0, Op.OPEN, ANN), Outcome.ACCEPTED),
        (Operation(1, 5, Op.BALANCE, ANN), Outcome.ACCEPTED),
    ]


def test_openings_are_what_the_debits_need(tmp_path: Path) -> None:
    """5 given, 4 bought, 6 given: 7 at first. A payout of 20 with 11 earned: 9 at first."""
    text = f"""at,op,actor,peer,amount,currency
{DAY}20:00:00Z,gift,ann,star,5,
{DAY}20:00:01Z,topup,ann,,4,
{DAY}20:00:02Z,gift,ann,star,6,
{DAY}20:00:03Z,policy,,diamond_value,1000000,USD
{DAY}20:00:04Z,payout,star,,20,
"""
    rows = read(tmp_path, text)
    assert openings(rows) == {ANN: (7, COIN), STAR: (9, DIAMOND)}
    assert {outcome for _, outcome in rows} == {Outcome.ACCEPTED}


def test_a_stated_opening_stands_and_the_ledger_decides(tmp_path: Path) -> None:
    text = "at,op,actor,peer,amount,currency\n1,open,ann,,3,coin\n2,gift,ann,star,5,\n3,gift,ann,star,3,\n"
    rows = read(tmp_path, text)
    assert openings(rows)[ANN] == (3, COIN)
    assert [outcome for _, outcome in live(rows)] == [Outcome.INSUFFICIENT_FUNDS, Outcome.ACCEPTED]


def test_a_stated_decline_takes_no_opening(tmp_path: Path) -> None:
    text = "at,op,actor,peer,amount,outcome\n1,gift,ann,star,5,insufficient_funds\n2,gift,ann,star,2,accepted\n"
    assert [outcome for _, outcome in live(read(tmp_path, text))] == [Outcome.INSUFFICIENT_FUNDS, Outcome.ACCEPTED]


def test_an_outcome_that_the_ledger_cannot_reach_is_told(tmp_path: Path) -> None:
    """Whoever can pay 9 at the second instant could have paid 5 at the first."""
    text = "at,op,actor,peer,amount,outcome\n1,gift,ann,star,5,insufficient_funds\n2,gift,ann,star,9,accepted\n"
    with pytest.raises(CsvError, match=r"line 2: outcome insufficient_funds: the ledger decides accepted"):
        read(tmp_path, text)


def test_one_name_in_two_roles_is_two_accounts(tmp_path: Path) -> None:
    path = tmp_path / "both.csv"
    path.write_text("at,op,actor,peer,amount\n1,gift,ann,bob,5\n2,gift,bob,ann,5\n")
    names = read_csv_trace(path)[1]
    assert sorted(names.items()) == [
        ("creator-0", "bob"),
        ("creator-1", "ann"),
        ("viewer-0", "ann"),
        ("viewer-1", "bob"),
    ]


def test_answers_go_by_the_rows_own_ids(tmp_path: Path) -> None:
    """A capture finds its buyer and currency, a refund its seller."""
    text = """at,op,actor,peer,amount,currency,id,ref
1,order,ann,shop,2500,USD,o1,
2,capture,shop,,2500,,c1,o1
3,refund,ann,,500,,,c1
"""
    order, capture, refund = (operation for operation, _ in live(read(tmp_path, text)))
    assert (capture.peer, capture.currency, capture.ref) == (ANN, 840, order.seq)
    assert (refund.peer, refund.currency, refund.ref) == (SHOP, 840, capture.seq)


def test_a_shops_money_is_shared_and_taken_out(tmp_path: Path) -> None:
    """An affiliate's share finds its seller; a settle is the seller's, or of whoever is known as a creator alone."""
    text = """at,op,actor,peer,amount,currency,id,ref
1,order,ann,shop,2500,USD,o1,
2,capture,shop,,2500,,c1,o1
3,affiliate,star,,300,,,c1
4,settle,shop,,2200,USD,,
5,settle,star,,300,USD,,
"""
    rows = live(read(tmp_path, text))
    assert {outcome for _, outcome in rows} == {Outcome.ACCEPTED}
    share, of_shop, of_star = (operation for operation, _ in rows[2:])
    assert (share.actor, share.peer, share.currency) == (STAR, SHOP, 840)
    assert (of_shop.actor, of_star.actor) == (SHOP, STAR)


def test_an_order_in_coins_finds_the_coins_it_found(tmp_path: Path) -> None:
    text = """at,op,actor,peer,amount,currency,id,ref
1,policy,,shop_coin_value,700000,USD,,
2,order,ann,shop,25,coin,o1,
3,capture,shop,,25,,,o1
"""
    rows = read(tmp_path, text)
    assert openings(rows)[ANN] == (25, COIN)
    assert {outcome for _, outcome in rows} == {Outcome.ACCEPTED}


def test_a_voucher_pays_for_the_order_that_refers_to_it(tmp_path: Path) -> None:
    text = """at,op,actor,peer,amount,currency,id,ref
1,voucher,ann,,500,USD,v1,
1,voucher,bob,,500,USD,v2,
2,order,ann,shop,2500,USD,,v1
3,expire,bob,,500,USD,,v2
"""
    rows = live(read(tmp_path, text))
    assert {outcome for _, outcome in rows} == {Outcome.ACCEPTED}
    assert rows[2][0].ref == rows[0][0].seq


def test_a_pack_by_amount_and_what_is_given_back_of_it(tmp_path: Path) -> None:
    text = """at,op,actor,peer,item,amount,currency,id,ref
1,policy,,coin_price,own,1000000,USD,,
1,policy,,coin_refund_window,,1000000,,,
2,topup,ann,,own,70,USD,t1,
3,gift,ann,star,,20,,,
4,coin_refund,ann,,,50,,,t1
"""
    rows = read(tmp_path, text)
    assert {outcome for _, outcome in rows} == {Outcome.ACCEPTED}
    terms_and_live = [operation for operation, _ in rows if operation.op != Op.OPEN]
    assert terms_and_live[0].item == terms_and_live[2].item == item_id(Item.PACK_CUSTOM, 0)


def test_promotions_of_new_sellers_are_stated_as_numbers(tmp_path: Path) -> None:
    text = """at,op,actor,peer,item,amount,currency,ref,id
1,policy,,commission,,60000,,,
1,policy,,commission,2,20000,,,
1,policy,,commission_flat,2,30,USD,,
1,policy,shop,new_seller,,2,,,
2,order,ann,shop,hat,1000,USD,,first
3,capture,shop,,hat,1000,,first,
"""
    rows, book = read(tmp_path, text), Book()
    assert [operation.item for operation, _ in rows if operation.item in (1, 2)] == [2, 2]
    entries = [book.apply(operation).entries for operation, _ in rows][-1]
    assert [entry.amount for entry in entries if str(entry.account) == "platform"] == [50]
    for item in ("0", "two"):
        with pytest.raises(CsvError, match=f"line 2: item '{item}': expected a promotion from 1 to 1000000"):
            read(tmp_path, f"at,op,actor,peer,item,amount\n1,policy,,commission,{item},4\n")


def test_tiers_are_stated_as_numbers(tmp_path: Path) -> None:
    text = """at,op,actor,peer,item,amount,currency
1,open,ann,,2,,
1,policy,,balance_cap,2,30,coin
2,topup,ann,,,31,coin
"""
    opened, *rest = read(tmp_path, text)
    assert opened[0].item == rest[0][0].item == 2
    assert rest[1][1] == Outcome.OVER_CAP
    with pytest.raises(CsvError, match="line 2: item '4': expected a tier from 0 to 3"):
        read(tmp_path, "at,op,actor,item\n1,open,ann,4\n")


def test_rows_are_sorted_by_instant_and_keep_their_day(tmp_path: Path) -> None:
    text = f"at,op,actor\n{DAY}23:59:59.5Z,balance,ann\n{DAY}01:00:00+02:00,balance,bob\n"
    first, second = (operation for operation, _ in live(read(tmp_path, text)))
    assert (first.at_us, second.at_us) == (23 * 3_600_000_000, 24 * 3_600_000_000 + 86_399_500_000)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("2026-03-01T20:00:00,gift,ann,star,1,,", "at '2026-03-01T20:00:00': expected an instant with its zone"),
        ("-5,gift,ann,star,1,,", "at '-5': expected an instant"),
        ("1,gfit,ann,star,1,,", "op 'gfit': did you mean gift?"),
        ("1,gift,ann,star,1.5,,", "amount '1.5': expected a whole number in the smallest unit"),
        ("1,gift,ann,star,-1,,", "amount '-1': expected a whole number"),
        ("1,gift,ann,star,1,coins,", "currency 'coins': did you mean coin?"),
        ("1,gift,ann,star,1,,acepted", "outcome 'acepted': did you mean accepted?"),
        ("1,gift,,star,1,,", "gift without an actor: expected who does it"),
        ("1,gift,ann,,1,,", "gift without a peer: expected who receives it"),
        ("1,order,ann,,1,USD,", "order without a peer: expected the seller"),
        ("9300000000000000000,balance,ann,,,,", "at '9300000000000000000': expected at most 2^53 µs"),
        (f"{2**53 + 1},balance,ann,,,,", f"at '{2**53 + 1}': expected at most 2^53 µs (285 years) after the first day"),
        pytest.param(f"{'9' * 5000},balance,ann,,,,", ": expected an instant", id="an instant of 5000 digits"),
        pytest.param(f"1,topup,ann,,{'9' * 5000},,", ": expected a whole number", id="an amount of 5000 digits"),
        ("1,gift,ann,star,0,,", "gift amount(=0) must be > 0"),
        ("1,gift,ann,star,1,USD,", "gift currency USD: expected coin"),
        ("1,policy,,comission,1,,", "peer 'comission': did you mean commission? (the peer of a policy is its rule)"),
        ("1,gift,ann,star,1,,,extra", "more cells than the header has columns"),
    ],
)
def test_a_wrong_row_is_told_with_its_line(tmp_path: Path, row: str, told: str) -> None:
    with pytest.raises(CsvError) as error:
        read(tmp_path, f"at,op,actor,peer,amount,currency,outcome\n1,balance,ann,,,,\n{row}\n")
    assert "given.csv, line 3: " in str(error.value)
    assert told in str(error.value)


def test_the_farthest_instant_is_read(tmp_path: Path) -> None:
    _, (last, _) = live(read(tmp_path, f"at,op,actor\n0,balance,ann\n{2**53},balance,ann\n"))
    assert last.at_us == 2**53


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            "1,open,ann,3,coin,\n1,open,ann,4,coin,",
            "line 3: actor 'ann', as on line 2: expected one open for each account",
        ),
        ("1,open,ann,3,coin,\n1,open,ann,4,reward,", "line 3: actor 'ann', as on line 2"),
        ("2,topup,ann,3,,a\n1,topup,bob,4,,a", "line 3: id 'a', as on line 2: expected an id of its own"),
    ],
)
def test_a_second_row_of_what_there_is_once_is_told(tmp_path: Path, rows: str, told: str) -> None:
    with pytest.raises(CsvError) as error:
        read(tmp_path, f"at,op,actor,amount,currency,id\n{rows}\n")
    assert str(error.value).count("line") == 2
    assert told in str(error.value)


def test_one_name_may_open_an_account_in_each_role(tmp_path: Path) -> None:
    rows = read(tmp_path, "at,op,actor,amount,currency\n1,open,ann,3,coin\n1,open,ann,4,diamond\n")
    assert openings(rows) == {ANN: (3, COIN), STAR: (4, DIAMOND)}


def test_an_unknown_ref_is_told(tmp_path: Path) -> None:
    with pytest.raises(CsvError, match=r"line 2: ref 'o9': expected the id of an earlier row"):
        read(tmp_path, "at,op,actor,amount,ref\n1,cancel,ann,5,o9\n")


def test_all_wrong_rows_are_told_at_once_up_to_twenty(tmp_path: Path) -> None:
    with pytest.raises(CsvError) as error:
        read(tmp_path, "at,op,actor\n" + "x,balance,ann\n" * 25)
    lines = str(error.value).splitlines()
    assert len(lines) == PROBLEMS_SHOWN + 1
    assert lines[-1].endswith("5 more lines are wrong")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("at,op,actor,ammount\n", "line 1: unknown column 'ammount': did you mean amount?"),
        ("at,op\n", "line 1: no column actor"),
        (
            "at,op,actor,amount,amount\n1,topup,ann,5,6\n",
            "line 1: column 'amount' stands there twice: expected it once",
        ),
        ("", "no column at, op, actor"),
        ("at,op,actor\n", "no rows: expected at least one operation"),
    ],
)
def test_a_wrong_header_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(CsvError) as error:
        read(tmp_path, text)
    assert told in str(error.value)


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "given.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CsvError, match="expected a CSV file in UTF-8"):
        read_csv_trace(path)


def test_a_trace_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CoinworksError, match="no such trace"):
        read_traffic(str(tmp_path / "none.csv"))


def test_results_of_a_csv_get_a_folder_with_trace_and_names(tmp_path: Path) -> None:
    path = tmp_path / "march.csv"
    path.write_text("at,op,actor\n5,balance,ann\n")
    traffic = read_traffic(str(path))
    with results_folder(traffic, tmp_path / "out") as results:
        (results.path / "replay.json").write_text("{}")
    assert results.path == tmp_path / "out"
    assert read_trace(tmp_path / "out" / "trace").digest == traffic.trace.digest
    assert (tmp_path / "out" / "names.csv").read_text().split() == ["account,name", "viewer-0,ann"]
    with pytest.raises(CoinworksError, match="exists already"), results_folder(traffic, tmp_path / "out"):
        pass


def test_an_interrupted_replay_leaves_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "march.csv"
    path.write_text("at,op,actor\n5,balance,ann\n")
    with pytest.raises(KeyboardInterrupt), results_folder(read_traffic(str(path)), tmp_path / "out"):
        raise KeyboardInterrupt
    assert [entry.name for entry in tmp_path.iterdir()] == ["march.csv"]


def test_the_readmes_example_and_its_table_of_columns(tmp_path: Path) -> None:
    """Documentation is executed: the example is a trace, and every column is explained."""
    readme = (Path(__file__).parents[1] / "loadtests" / "README.md").read_text()
    rows = read(tmp_path, readme.split("```csv\n")[1].split("```")[0])
    assert [operation.op.code for operation, _ in live(rows)] == ["topup", "gift", "order", "capture"]
    assert {outcome for _, outcome in rows} == {Outcome.ACCEPTED}
    explained = {
        name for line in readme.splitlines() if line.startswith("| ") for name in line[2:].split(" |")[0].split(", ")
    }
    assert {*REQUIRED, *OPTIONAL} <= explained


def test_a_folder_with_a_trace_is_traffic(tmp_path: Path) -> None:
    town = busy_town(fans=3, gifts=2)
    check(town.book)
    trace: Trace = town.trace()
    with TraceWriter(tmp_path / "some" / "trace") as writer:
        writer.extend(trace.columns)
    assert read_traffic(str(tmp_path / "some")).trace.digest == trace.digest


@pytest.mark.parametrize("left", ["summary.json", "balances.parquet", "metrics.parquet"])
def test_a_run_that_lost_its_manifest_is_no_traffic(tmp_path: Path, left: str) -> None:
    """As a bare trace it would pass without its digest and balances."""
    with TraceWriter(tmp_path / "run" / "trace") as writer:
        writer.extend(busy_town(fans=3, gifts=2).trace().columns)
    (tmp_path / "run" / left).touch()
    with pytest.raises(CoinworksError, match=r"run: not a whole run, it has no manifest\.json$"):
        read_traffic(str(tmp_path / "run"))
