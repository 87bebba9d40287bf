"""The Balance page: what I have, and what just happened.

Rendered here, so that it works without a script; it asks nothing of anybody else. A token in the address is moved into
a cookie that scripts cannot read, and leaves the address bar at once.
"""

from itertools import groupby
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from loadtests.wallet.auth import Authority, Claims
from loadtests.wallet.problems import Refused
from loadtests.wallet.reading import Reading
from loadtests.wallet.wire import parse_wire_account
from loadtests.wallet.wording import Clock, row_of, tiles_of
from sim.ledger import Kind, Op, kind_of

FOLDER: Final = Path(__file__).parent / "templates"
COOKIE: Final = "coinworks_token"
PAGE_ROWS: Final = 25
FORM_BYTES_MAX: Final = 8_192
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
FILTERS: Final[dict[str, tuple[Op, ...]]] = {
    "all": (),
    "gifts": (Op.GIFT,),
    "coins bought": (Op.TOPUP, Op.COIN_REFUND, Op.CHARGEBACK),
    "rewards": (Op.REWARD, Op.VOUCHER, Op.EXPIRE),
    "orders": (Op.ORDER, Op.CAPTURE, Op.CANCEL, Op.REFUND),
    "sales": (Op.CAPTURE, Op.REFUND, Op.AFFILIATE),
    "payouts": (Op.PAYOUT, Op.PAYOUT_RETURN, Op.SETTLE),
    "affiliate": (Op.AFFILIATE,),
}
FILTERS_OF: Final = {
    Kind.VIEWER: ("all", "gifts", "coins bought", "rewards", "orders"),
    Kind.CREATOR: ("all", "gifts", "affiliate", "payouts"),
    Kind.SELLER: ("all", "sales", "payouts"),
}


class Pages:
    """The wallet's pages for people."""

    def __init__(self, authority: Authority, reading: Reading, *, trace_clock: bool) -> None:
        self._authority = authority
        self._reading = reading
        self._clock = Clock(trace_clock)
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._style = (FOLDER / "balance.css").read_text(encoding="utf-8")

    def routes(self) -> list[Route]:
        """Where the pages are."""
        return [
            Route("/", _to_balance, methods=["GET"]),
            Route("/balance", self.balance, methods=["GET"]),
            Route("/balance", self.enter, methods=["POST"]),
            Route("/balance/leave", self.leave, methods=["POST"]),
            Route("/balance.css", self.style, methods=["GET"]),
        ]

    async def balance(self, request: Request) -> Response:
        """The page itself, or the form that asks for a token."""
        if "token" in request.query_params:
            return self._entered(request.query_params["token"])
        token = request.cookies.get(COOKIE)
        if token is None:
            return self._ask()
        try:
            claims = self._authority.verify(token)
            wanted = request.query_params.get("account", "")
            if claims.is_service and not wanted:
                return self._choose()
            book, account = parse_wire_account(wanted) if wanted else (claims.book, claims.account)
            claims.check_account(book, account)
            return await self._page(request, claims, book, account)
        except Refused as refusal:
            return self._refused(refusal)

    async def enter(self, request: Request) -> Response:
        """Take the token from the form."""
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > FORM_BYTES_MAX:
                raise Refused(413, f"form of more than {FORM_BYTES_MAX} bytes")
        form = parse_qs(body.decode("latin-1"))
        return self._entered(form.get("token", [""])[0].strip())

    async def leave(self, _request: Request) -> Response:
        """Forget the token."""
        response = RedirectResponse("/balance", 303, HEADERS)
        response.delete_cookie(COOKIE, path="/balance", httponly=True, samesite="strict")
        return response

    async def style(self, _request: Request) -> Response:
        """How it looks."""
        return Response(self._style, media_type="text/css", headers={"Cache-Control": "max-age=3600"})

    def _entered(self, token: str) -> Response:
        try:
            self._authority.verify(token)
        except Refused as refusal:
            return self._ask(refusal.status, refusal.detail)
        response = RedirectResponse("/balance", 303, HEADERS)
        response.set_cookie(COOKIE, token, path="/balance", httponly=True, samesite="strict")
        return response

    def _refused(self, refusal: Refused) -> Response:
        if refusal.status == 401:
            return self._ask(401, refusal.detail)
        return self._html("refused.html", refusal.status, problem=refusal.problem())

    def _ask(self, status: int = 200, complaint: str = "") -> Response:
        return self._html("token.html", status, complaint=complaint)

    def _choose(self) -> Response:
        return self._html("choose.html", 200, accounts=self._reading.some_accounts())

    async def _page(self, request: Request, claims: Claims, book: str, account: int) -> Response:
        query = request.query_params
        kind = kind_of(account)
        chosen = query.get("kind", "all")
        if chosen not in FILTERS_OF[kind]:
            raise Refused(422, f"kind {chosen!r}: expected one of {', '.join(FILTERS_OF[kind])}")
        cursor = query.get("cursor")
        balance, history = await self._reading.statement(book, account, cursor, PAGE_ROWS, FILTERS[chosen])
        rows = [row_of(each, balance.account, self._clock) for each in history.transactions]
        figure, *tiles = tiles_of(balance, kind, self._clock)
        name = balance.account.partition("/")[2]
        fixed = {"account": balance.account} if claims.is_service else {}
        return self._html(
            "balance.html",
            200,
            name=name,
            book=book,
            kind=kind.name.lower(),
            figure=figure,
            tiles=tiles,
            days=[(day, list(group)) for day, group in groupby(rows, key=lambda row: row.day)],
            filters=[(each, _address(fixed, kind=each), each == chosen) for each in FILTERS_OF[kind]],
            older=history.next_cursor and _address(fixed, kind=chosen, cursor=history.next_cursor),
            newest=_address(fixed, kind=chosen) if "cursor" in query else None,
            is_service=claims.is_service,
            clock_note=self._clock.note,
        )

    def _html(self, template: str, status: int, **values: object) -> Response:
        text = self._templates.get_template(template).render(values)
        return Response(text, status, HEADERS, media_type="text/html")


def _address(fixed: dict[str, str], **query: str) -> str:
    return "/balance?" + urlencode({**fixed, **query})


async def _to_balance(_request: Request) -> Response:
    return RedirectResponse("/balance", 303)
