"""Tokens: who may do what. JWT, HS256, signed with a secret that lies beside the store.

    >>> authority = Authority(b"32 bytes or more ...............", trace_clock=True)
    >>> authority.verify(authority.issue("demo/viewer-17")).account
    1000000000017

A viewer's, creator's or seller's token (`own`) acts for that one account; the platform's own systems hold `service`.
Whoever may state the time of an operation also has `clock`, which only a wallet under `--clock trace` grants and
honours.
"""

import os
import secrets
import time
from collections import OrderedDict
from pathlib import Path
from typing import Final, NamedTuple

import jwt

from loadtests.wallet.problems import Refused
from loadtests.wallet.wire import NO_INSTANT, SERVICE_CALLER, Command, parse_wire_account
from sim.ledger import CoinworksError, needs_service_token

ALGORITHM: Final = "HS256"
SERVICE: Final = "service"
OWN: Final = "own"
CLOCK: Final = "clock"
ACCOUNT_LIFE_S: Final = 24 * 3600
SERVICE_LIFE_S: Final = 365 * 24 * 3600
CACHED_TOKENS: Final = 65_536
SECRET_BYTES: Final = 32


class Claims(NamedTuple):
    """What a verified token says; `account` is the caller whose keys it uses, `SERVICE_CALLER` for the platform."""

    subject: str
    book: str
    account: int
    is_service: bool
    states_time: bool
    expires_s: float

    def check_operation(self, asked: Command) -> None:
        """Refuse what this token does not allow: 403."""
        if asked.at_us != NO_INSTANT and not self.states_time:
            raise Refused(403, "at_us: expected only with the scope clock, on a wallet that runs under --clock trace")
        if self.is_service:
            return
        if needs_service_token(asked.op, asked.peer, 0 if asked.ref else -1):
            raise Refused(403, f"{asked.op.code}: expected a token with the scope service")
        self.check_account(asked.book, asked.actor)

    def check_account(self, book: str, account: int) -> None:
        """Refuse another's account: 403."""
        if not self.is_service and (book, account) != (self.book, self.account):
            raise Refused(403, f"this token acts for {self.subject} alone")

    def check_service(self) -> None:
        """Refuse anyone but the platform's own systems: 403."""
        if not self.is_service:
            raise Refused(403, "expected a token with the scope service")


class Authority:
    """Issues tokens and verifies them; a token is verified once and then remembered until it expires."""

    def __init__(self, secret: bytes, *, trace_clock: bool) -> None:
        self._secret = secret
        self._trace_clock = trace_clock
        self._verified: OrderedDict[str, Claims] = OrderedDict()

    def __repr__(self) -> str:
        return f"<Authority trace_clock={self._trace_clock} verified={len(self._verified)}>"

    def issue(self, subject: str, *, clock: bool = False) -> str:
        """A token for an account, or for `service`."""
        is_service = subject == SERVICE
        if not is_service:
            parse_wire_account(subject)
        scopes = [SERVICE if is_service else OWN] + [CLOCK] * (clock and self._trace_clock)
        life_s = SERVICE_LIFE_S if is_service else ACCOUNT_LIFE_S
        claims = {"sub": subject, "scope": " ".join(scopes), "exp": int(time.time()) + life_s}
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    def verify(self, token: str) -> Claims:
        """What a token says.

        Raises
        ------
        Refused : 401; the token is not one of ours, or has expired
        """
        claims = self._verified.get(token)
        if claims is None:
            claims = self._decode(token)
            self._verified[token] = claims
            if len(self._verified) > CACHED_TOKENS:
                self._verified.popitem(last=False)
        elif claims.expires_s <= time.time():
            del self._verified[token]
            raise Refused(401, "the token has expired")
        else:
            self._verified.move_to_end(token)
        return claims

    def _decode(self, token: str) -> Claims:
        try:
            said = jwt.decode(token, self._secret, algorithms=[ALGORITHM], options={"require": ["sub", "scope", "exp"]})
        except jwt.ExpiredSignatureError:
            raise Refused(401, "the token has expired") from None
        except jwt.InvalidTokenError:
            raise Refused(401, "expected a token issued by this wallet") from None
        scopes = str(said["scope"]).split()
        is_service = SERVICE in scopes
        book, account = ("", SERVICE_CALLER) if is_service else parse_wire_account(said["sub"])
        states_time = self._trace_clock and CLOCK in scopes
        return Claims(said["sub"], book, account, is_service, states_time, float(said["exp"]))


def bearer(header: str) -> str:
    """The token in an `Authorization` header."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refused(401, "expected the header Authorization: Bearer TOKEN")
    return token.strip()


def secret_beside(store: Path) -> bytes:
    """The signing secret of a store, made at its first use; only its owner can read it."""
    path = store.with_name(f"{store.name}.secret")
    if not path.exists():
        write_private(path, secrets.token_hex(SECRET_BYTES))
    secret = path.read_bytes().strip()
    if len(secret) < SECRET_BYTES:
        raise CoinworksError(f"{path}: {len(secret)} bytes, expected a secret of at least {SECRET_BYTES}")
    return secret


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else can read, whole or not at all."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
