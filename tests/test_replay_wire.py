"""The wire: operations as requests, and answers that may be anything."""

import json
from typing import Any

import pytest

from loadtests.replay.wire import NO_OUTCOME, Answer, Target, parse_answer, parse_target, payload, request, token_of
from sim.ledger import COIN, CoinworksError, Op, Operation, Outcome, Rule

FAN, STAR = 1_000000000017, 2_000000000003
GIFT = Operation(123, 5, Op.GIFT, FAN, STAR, 300_000_001, 1, COIN, region=840)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (
            GIFT,
            {
                "op": "gift",
                "account": "b/viewer-17",
                "peer": "b/creator-3",
                "item": 300_000_001,
                "amount": 1,
                "currency": "coin",
                "region": "US",
                "at_us": 5,
            },
        ),
        # what it answers goes by its key
        (
            Operation(9, 0, Op.PAYOUT, STAR, amount=7, currency=3, ref=8),
            {"op": "payout", "account": "b/creator-3", "amount": 7, "currency": "diamond", "ref": "b/8", "at_us": 0},
        ),
        # a policy speaks of a rule, and a zero means something
        (
            Operation(1, 0, Op.POLICY, -1, Rule.SUSPENDED),
            {"op": "policy", "rule": "suspended", "amount": 0, "at_us": 0},
        ),
        (Operation(2, 0, Op.OPEN, FAN), {"op": "open", "account": "b/viewer-17", "at_us": 0}),
    ],
)
def test_payload(operation: Operation, expected: dict[str, Any]) -> None:
    assert payload(operation, "b") == expected


def test_a_request_is_whole() -> None:
    head, _, body = request(GIFT, "b", Target("127.0.0.1", 80), "secret").partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /v1/operations HTTP/1.1"
    assert {"Idempotency-Key: b/123", "Authorization: Bearer secret", f"Content-Length: {len(body)}"} <= set(lines)
    assert json.loads(body) == payload(GIFT, "b")


def test_a_read_is_a_get() -> None:
    read = Operation(4, 0, Op.HISTORY, FAN)
    assert request(read, "b", Target("::1", 80), "t").startswith(
        b"GET /v1/accounts/b/viewer-17/history HTTP/1.1\r\nHost: [::1]:80\r\n"
    )


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"outcome":"accepted","replayed":false}', Answer(200, Outcome.ACCEPTED, False)),
        (200, b'{"outcome":"accepted","replayed":true,"new":1}', Answer(200, Outcome.ACCEPTED, True)),
        (409, b'{"outcome":"frozen","title":"Frozen"}', Answer(409, Outcome.FROZEN, False)),
        (200, b'{"outcome":"frozen"}', Answer(200, Outcome.FROZEN, False)),  # so does a look-up by key
        (409, b'{"outcome":"accepted"}', Answer(409, NO_OUTCOME, False)),  # contradicts itself
        (200, b'{"outcome":"perhaps"}', Answer(200, NO_OUTCOME, False)),
        (200, b"<html>hello</html>", Answer(200, NO_OUTCOME, False)),
        (200, b"", Answer(200, NO_OUTCOME, False)),
        (200, b'{"outcome":7}', Answer(200, NO_OUTCOME, False)),
        (422, b'{"title":"Makes no sense here"}', Answer(422, NO_OUTCOME, False)),
    ],
)
def test_answers(status: int, body: bytes, expected: Answer) -> None:
    assert parse_answer(status, body) == expected


def test_a_read_is_accepted_by_its_status() -> None:
    assert parse_answer(200, b"anything", is_read=True).outcome == Outcome.ACCEPTED
    assert parse_answer(404, b"{}", is_read=True).outcome == NO_OUTCOME


@pytest.mark.parametrize(
    "url", ["127.0.0.1:80", "https://wallet", "http://", "http://h:port", "http://h/path", "ftp://h"]
)
def test_a_target_is_host_and_port(url: str) -> None:
    with pytest.raises(CoinworksError, match="expected http://HOST:PORT"):
        parse_target(url)


@pytest.mark.parametrize("operation", [GIFT, Operation(1, 0, Op.BALANCE, FAN)])
def test_a_request_carries_the_token_of_whoever_asks(operation: Operation) -> None:
    sent = request(operation, "b", Target("127.0.0.1", 80), "a.b-c_d")
    assert token_of(memoryview(sent)) == "a.b-c_d"
