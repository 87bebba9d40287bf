"""Tokens: who may do what, for how long, and under which clock."""

import stat
import time
from pathlib import Path

import jwt
import pytest

from loadtests.wallet import auth
from loadtests.wallet.auth import Authority, bearer, secret_beside
from loadtests.wallet.problems import Refused
from loadtests.wallet.wire import OperationBody, command
from sim.ledger import CoinworksError

SECRET = b"x" * 32
OWN, OTHER = "demo/viewer-1", "demo/viewer-2"


def claims(subject: str = OWN, *, clock: bool = False, trace_clock: bool = False):
    authority = Authority(SECRET, trace_clock=trace_clock)
    return authority.verify(authority.issue(subject, clock=clock))


def body(op: str = "gift", account: str = OWN, **fields: object):
    return command("demo/1", OperationBody(op=op, account=account, **fields))


@pytest.mark.parametrize(
    ("subject", "asked", "is_allowed"),
    [
        (OWN, body(), True),  # a fan gives
        (OWN, body("order"), True),
        ("demo/creator-0", body("payout", "demo/creator-0"), True),
        ("demo/creator-0", body("payout", "demo/creator-0", ref="demo/9"), False),  # only the platform pays
        (OWN, body(account=OTHER), False),  # another's coins
        (OWN, body("topup"), False),  # only the store's receipt buys coins
        (OWN, body("reward"), False),
        (OWN, body("refund"), False),
        (OWN, body("open"), False),
        (OWN, body("coin_refund"), True),  # the right to withdraw is the buyer's
        (OWN, body("voucher"), False),
        (OWN, body("order", ref="demo/9"), True),  # with a voucher
        ("demo/creator-0", body("payout_return", "demo/creator-0"), False),
        (OWN, body("settle"), True),
        (OWN, body("affiliate"), False),
        (OWN, body("policy", rule="spending_limit", amount=5, currency="coin"), True),
        (OWN, body("policy", account=OTHER, rule="spending_limit", amount=5, currency="coin"), False),
        (OWN, body("policy", rule="balance_cap", amount=5, currency="coin"), False),
        ("other/viewer-1", body(), False),  # the same name in another book
        ("service", body("topup"), True),
        ("service", body(account=OTHER), True),
    ],
)
def test_who_may_do_what(subject: str, asked: object, is_allowed: bool) -> None:
    if is_allowed:
        claims(subject).check_operation(asked)
    else:
        with pytest.raises(Refused) as refused:
            claims(subject).check_operation(asked)
        assert refused.value.status == 403


@pytest.mark.parametrize(
    ("clock", "trace_clock", "is_allowed"), [(True, True, True), (False, True, False), (True, False, False)]
)
def test_only_the_clock_scope_under_the_trace_clock_states_the_time(
    clock: bool, trace_clock: bool, is_allowed: bool
) -> None:
    granted = claims(clock=clock, trace_clock=trace_clock)
    if is_allowed:
        granted.check_operation(body(at_us=5))
    else:
        with pytest.raises(Refused, match="at_us"):
            granted.check_operation(body(at_us=5))


def test_a_clock_token_of_a_trace_wallet_states_no_time_on_a_wall_clock() -> None:
    token = Authority(SECRET, trace_clock=True).issue(OWN, clock=True)
    assert not Authority(SECRET, trace_clock=False).verify(token).states_time


def forged(algorithm: str = "HS256", secret: bytes = SECRET, **changes: object) -> str:
    said = {"sub": OWN, "scope": "own", "exp": int(time.time()) + 60} | changes
    kept = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(kept, None if algorithm == "none" else secret, algorithm=algorithm)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "rubbish",
        forged(secret=b"y" * 32),  # another wallet's
        forged(algorithm="none"),  # unsigned
        forged(exp=int(time.time()) - 1),  # expired
        forged(exp=None),  # for ever
        forged(scope=None),
    ],
)
def test_no_other_token_is_believed(token: str) -> None:
    with pytest.raises(Refused) as refused:
        Authority(SECRET, trace_clock=False).verify(token)
    assert refused.value.status == 401


def test_a_remembered_token_still_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(SECRET, trace_clock=False)
    token = authority.issue(OWN)
    authority.verify(token)
    now = time.time()
    monkeypatch.setattr(auth.time, "time", lambda: now + auth.ACCOUNT_LIFE_S + 1)
    with pytest.raises(Refused, match="expired"):
        authority.verify(token)


def test_memory_for_tokens_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "CACHED_TOKENS", 3)
    authority = Authority(SECRET, trace_clock=False)
    for n in range(9):
        authority.verify(authority.issue(f"demo/viewer-{n}"))
    assert repr(authority) == "<Authority trace_clock=False verified=3>"


@pytest.mark.parametrize("header", ["", "Basic abc", "Bearer", "Bearer "])
def test_the_header_is_a_bearer_token(header: str) -> None:
    with pytest.raises(Refused, match="Authorization: Bearer TOKEN"):
        bearer(header)


def test_the_secret_is_made_once_and_is_private(tmp_path: Path) -> None:
    store = tmp_path / "wallet.db"
    secret = secret_beside(store)
    assert secret_beside(store) == secret
    mode = (tmp_path / "wallet.db.secret").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["wallet.db.secret"]


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "wallet.db.secret").write_text("short")
    with pytest.raises(CoinworksError, match="5 bytes, expected a secret of at least 32"):
        secret_beside(tmp_path / "wallet.db")
