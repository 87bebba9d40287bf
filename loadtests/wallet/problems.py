"""Problems: everything the wallet answers that is not a success, in the form of RFC 9457.

    >>> declined(Outcome.INSUFFICIENT_FUNDS, "demo/7", replayed=False).status
    409

A decline is an answer: it has an outcome, is stored, and is given again for the same key. A refusal has none: nothing
was decided and nothing is remembered.
"""

from typing import Final

import msgspec

from sim.ledger import CoinworksError, Outcome

TITLES: Final = {
    400: "Malformed request",
    401: "No valid token",
    403: "Not allowed with this token",
    404: "Not found",
    405: "Method not allowed",
    413: "Too large",
    422: "Makes no sense here",
    500: "The wallet failed",
    503: "Busy, try again",
}
DECLINES: Final = {
    Outcome.SUSPENDED: ("Suspended", "A rule has switched this account off."),
    Outcome.FROZEN: ("Frozen", "Coins are owed after a chargeback; a topup settles them."),
    Outcome.WRONG_STATE: ("Wrong state", "What this operation answers no longer allows it."),
    Outcome.OVER_LIMIT: ("Over the limit", "The day's spending limit is reached."),
    Outcome.OVER_CAP: ("Over the cap", "More than an account may hold, or may cash out in a day."),
    Outcome.BELOW_FLOOR: ("Below the floor", "Less than the least that can be paid out."),
    Outcome.INSUFFICIENT_FUNDS: ("Not enough", "The account holds less than this operation needs."),
}
CONTENT_TYPE: Final = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The body of every answer that is not a success; `outcome` only where the wallet has decided."""

    type: str
    title: str
    status: int
    detail: str
    outcome: str | msgspec.UnsetType = msgspec.UNSET
    key: str | msgspec.UnsetType = msgspec.UNSET
    replayed: bool | msgspec.UnsetType = msgspec.UNSET


class Refused(CoinworksError):
    """A request that is not decided, and why."""

    def __init__(self, status: int, detail: str, *, retry_after_s: int | None = None, allow: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.allow = allow

    def problem(self) -> Problem:
        title = TITLES.get(self.status, "Refused")
        return Problem(type="about:blank", title=title, status=self.status, detail=self.detail)


def declined(outcome: Outcome, key: str, *, replayed: bool) -> Problem:
    """The answer to an operation that the ledger declines."""
    title, detail = DECLINES[outcome]
    code = outcome.code
    return Problem(
        type=f"urn:coinworks:outcome:{code}",
        title=title,
        status=409,
        detail=detail,
        outcome=code,
        key=key,
        replayed=replayed,
    )
