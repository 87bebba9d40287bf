"""Names and bodies: what is understood, and in which words the rest is refused."""

import msgspec
import pytest

from loadtests.wallet.problems import Refused
from loadtests.wallet.wire import SERVICE_CALLER, OperationBody, command, fingerprint, parse_key, parse_wire_account
from sim.ledger import Op, Rule

GIFT = {"op": "gift", "account": "demo/viewer-1", "peer": "demo/creator-0", "item": 7, "amount": 5, "currency": "coin"}


def asked(key: str = "demo/7", **fields: object):
    return command(key, msgspec.convert({**GIFT, **fields}, OperationBody))


def test_a_body_becomes_codes() -> None:
    gift = asked(ref="demo/6", region="US", at_us=9)
    assert gift == ("demo", "7", Op.GIFT, 1_000000000001, 2_000000000000, 7, 5, 1, "6", 840, 9, -1)


def test_a_key_is_its_callers() -> None:
    body = msgspec.convert(GIFT, OperationBody)
    assert command("demo/7", body, 1_000000000001).caller == 1_000000000001
    assert command("demo/7", body).caller == SERVICE_CALLER


def test_what_is_left_out_is_nobody_and_nothing() -> None:
    opened = command("demo/1", OperationBody(op="open", account="demo/seller-3"))
    assert opened == ("demo", "1", Op.OPEN, 3_000000000003, -1, -1, 0, 0, "", 0, -1, -1)


def test_a_policy_names_its_rule_in_place_of_a_peer() -> None:
    policy = command("demo/1", OperationBody(op="policy", rule="commission", amount=60_000))
    assert (policy.op, policy.actor, policy.peer) == (Op.POLICY, -1, Rule.COMMISSION)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"op": "steal"}, "op 'steal': expected one of"),  # unknown operation
        ({"op": "balance"}, "op 'balance': expected one of"),  # reads are GETs
        ({"account": "viewer-1"}, "account 'viewer-1': expected BOOK/viewer-N"),  # no book
        ({"account": "demo/fan-1"}, "account 'fan-1': expected viewer-N"),  # unknown kind
        ({"account": "demo/viewer-01"}, "account 'viewer-01'"),  # two spellings of one account
        ({"account": "de mo/viewer-1"}, "account 'de mo/viewer-1'"),  # a book with a space
        ({"account": "other/viewer-1"}, "expected an account of the key's book, demo"),
        ({"peer": "other/creator-0"}, "expected an account of the key's book, demo"),
        ({"ref": "other/1"}, "expected a key of the same book, demo"),
        ({"ref": "1"}, "ref '1': expected BOOK/KEY"),
        ({"currency": "BTC"}, "currency 'BTC': expected one of"),
        ({"region": "XX"}, "region 'XX': expected one of"),
        ({"rule": "commission"}, "rule 'commission': expected only in a policy"),
        ({"op": "policy"}, "policy: expected a rule and no peer"),
        ({"key": "no-slash"}, "Idempotency-Key 'no-slash': expected BOOK/KEY"),
        ({"key": "demo/" + "7" * 65}, "expected BOOK/KEY"),  # too long
    ],
)
def test_what_cannot_be_understood_is_refused_by_name_and_value(fields: dict[str, object], said: str) -> None:
    with pytest.raises(Refused) as refused:
        asked(**fields)
    assert refused.value.status == 422
    assert said in refused.value.detail


def test_an_operation_needs_an_account() -> None:
    with pytest.raises(Refused, match="reward without account"):
        command("demo/1", OperationBody(op="reward"))


@pytest.mark.parametrize(
    "body",
    [
        b'{"op":"gift","amount":-1}',  # negative
        b'{"op":"gift","amount":1.5}',  # not whole
        b'{"op":"gift","amount":"1"}',  # text
        b'{"op":"gift","amount":true}',  # a flag
        b'{"op":"gift","amount":99999999999999999999}',  # beyond int64
        b'{"op":"gift","at_us":9007199254740993}',  # beyond what every JSON reader keeps exact
        b'{"op":"gift","peer":null}',  # null is no name
        b'{"op":"gift","coins":1}',  # unknown field
        b"{}",  # no operation
    ],
)
def test_types_are_strict(body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=OperationBody)


def test_a_fingerprint_tells_payloads_apart_and_not_keys() -> None:
    assert fingerprint(asked()) == fingerprint(asked(key="demo/8"))
    others = [asked(amount=6), asked(peer="demo/creator-1"), asked(ref="demo/1"), asked(at_us=1), asked(region="US")]
    assert len({fingerprint(each) for each in [asked(), *others]}) == len(others) + 1


def test_names_have_their_parts() -> None:
    assert parse_wire_account("a-b_9/creator-12") == ("a-b_9", 2_000000000012)
    assert parse_key("demo/3fa85f64-5717-4562-b3fc-2c963f66afa6", "key")[0] == "demo"
