"""The Balance page: what I have and what just happened, for everyone, in a real browser."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx
import pytest

from loadtests.wallet.process import WalletProcess, start_wallet
from loadtests.wallet.wire import Balance, BalanceRow, Line, Money, RewardLeft, Transaction
from loadtests.wallet.wording import Clock, in_words, row_of, tiles_of
from sim.ledger import Kind
from wallets import CREATOR, HOUR_US, OTHER, PACK, SELLER, VIEWER, client, furnish, gift, key

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DAY_US = 24 * HOUR_US
EVENTS = (
    {"op": "reward", "account": VIEWER, "item": 700_000_000, "amount": 3, "currency": "reward", "at_us": HOUR_US},
    gift(5, at_us=2 * HOUR_US),
    {"op": "reward", "account": VIEWER, "item": 700_000_000, "amount": 1, "currency": "reward", "at_us": DAY_US},
    {"op": "order", "account": VIEWER, "peer": SELLER, "item": 600_000_007, "amount": 2_000, "currency": "USD"},
    {"op": "payout", "account": CREATOR, "amount": 4, "currency": "diamond"},
    *(gift(10 + n, at_us=DAY_US + n * 60_000_000) for n in range(30)),
)


@pytest.fixture(scope="module")
def wallet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WalletProcess]:
    with start_wallet(tmp_path_factory.mktemp("wallet") / "wallet.db") as wallet:
        with client(wallet) as http:
            furnish(http)
            for n, event in enumerate(EVENTS):
                posted = http.post("/v1/operations", json={"at_us": DAY_US, **event}, headers=key(f"e{n}"))
                assert posted.status_code == 200, posted.text
        yield wallet


def token(wallet: WalletProcess, account: str) -> str:
    with client(wallet) as http:
        return http.post("/v1/tokens", json={"subjects": [account]}).json()["tokens"][0]


def visitor(wallet: WalletProcess, with_token: str) -> httpx.Client:
    return httpx.Client(base_url=wallet.url, cookies={"coinworks_token": with_token})


def test_the_token_moves_from_the_address_into_a_cookie(wallet: WalletProcess) -> None:
    response = httpx.get(f"{wallet.url}/balance", params={"token": token(wallet, VIEWER)})
    assert (response.status_code, response.headers["location"]) == (303, "/balance")
    cookie = response.headers["set-cookie"].lower()
    for promise in ("httponly", "samesite=strict", "path=/balance"):
        assert promise in cookie


def test_the_page_asks_for_a_token_and_refuses_a_wrong_one(wallet: WalletProcess) -> None:
    assert "Paste the token" in httpx.get(f"{wallet.url}/balance").text
    refused = httpx.post(f"{wallet.url}/balance", data={"token": "x.y.z"})
    assert refused.status_code == 401
    assert "expected a token issued by this wallet" in refused.text
    assert "set-cookie" not in refused.headers


def test_nothing_is_asked_of_anybody_else(wallet: WalletProcess) -> None:
    with visitor(wallet, token(wallet, VIEWER)) as http:
        page = http.get("/balance")
        style = http.get("/balance.css")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert page.headers["cache-control"] == "no-store"
    assert "<script" not in page.text
    assert "http" not in page.text.replace("http-equiv", "")
    assert "url(" not in style.text


def test_a_fan_sees_only_his_own(wallet: WalletProcess) -> None:
    with visitor(wallet, token(wallet, VIEWER)) as http:
        refused = http.get("/balance", params={"account": OTHER})
    assert refused.status_code == 403
    assert "acts for demo/viewer-1 alone" in refused.text


def test_the_platform_may_look_at_anybody(wallet: WalletProcess) -> None:
    with visitor(wallet, wallet.token) as http:
        assert f'href="/balance?account={quote(CREATOR)}"' in http.get("/balance").text
        assert "Your diamonds" in http.get("/balance", params={"account": CREATOR}).text
        assert http.get("/balance", params={"account": "demo/viewer-99"}).status_code == 404
        assert http.get("/balance", params={"account": "<script>"}).status_code == 422
        assert "<script>" not in http.get("/balance", params={"account": "<script>"}).text


def test_a_kind_that_does_not_exist_is_refused(wallet: WalletProcess) -> None:
    with visitor(wallet, token(wallet, VIEWER)) as http:
        assert http.get("/balance?kind=payouts").status_code == 422
        assert http.get("/balance?kind=all&cursor=x").status_code == 422


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A phone without JavaScript."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_in_a_browser_a_fan_enters_looks_around_and_leaves(page: "Page", wallet: WalletProcess) -> None:
    page.goto(f"{wallet.url}/balance")
    page.fill("#token", token(wallet, VIEWER))
    page.click("text=Show my balance")
    assert page.url == f"{wallet.url}/balance"
    spent = 5 - 3 + sum(10 + n for n in range(30)) - 1  # rewards go first
    assert page.inner_text("h1 .figure") == f"{1_000 - spent} coins"
    assert "$21.40" in page.inner_text(".have"), "the order and its tax are held"
    assert page.locator("tbody tr:not(.day)").count() == 25
    assert page.locator("tbody .title").first.inner_text() == "Gift to creator-0"
    assert page.locator("tbody .amount").first.inner_text() == "−39 coins"

    page.click("text=Older")
    assert page.locator("tbody .title").last.inner_text() == "Account opened"
    page.click("text=Newest")
    page.click("text=Rewards >> nth=-1")
    assert page.locator("tbody .title").all_inner_texts() == ["Reward for checking in"] * 2
    assert page.locator("tbody .day").all_inner_texts() == ["Day 2", "Day 1"]

    page.click("text=Leave")
    assert page.locator("#token").is_visible()


@pytest.mark.parametrize("account", [VIEWER, CREATOR, SELLER])
@pytest.mark.parametrize("width", [320, 390, 1200])
def test_in_a_browser_nothing_is_cut_off(browser: "Browser", wallet: WalletProcess, width: int, account: str) -> None:
    asked: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{wallet.url}/balance?token={token(wallet, account)}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (
        page.evaluate("Math.max(...[...document.querySelectorAll('td, dd')].map(e => e.getBoundingClientRect().right))")
        <= width
    )
    assert all(url.startswith(wallet.url) for url in asked)
    assert "token=" not in page.url
    context.close()


ROWS = [
    ("coin", 1, False, "1 coin"),
    ("coin", -1_321, True, "−1,321 coins"),
    ("reward", 3, True, "+3 reward coins"),
    ("USD", 1_999, False, "$19.99"),
    ("USD", -5, True, "−$0.05"),
    ("IDR", 17_000, True, "+Rp 17,000"),  # no decimals in Indonesia
]


@pytest.mark.parametrize(("asset", "amount", "signed", "words"), ROWS)
def test_amounts_have_units_signs_and_their_own_decimals(asset: str, amount: int, signed: bool, words: str) -> None:
    assert in_words(asset, amount, signed=signed) == words


def balance(*rows: tuple[str, str, int], **more: object) -> Balance:
    listed = [BalanceRow(VIEWER, *row) for row in rows]
    return Balance(
        VIEWER, listed, **({"rewards": [], "worth": None, "pending_worth": None, "spending_limit": None} | more)
    )


def test_rewards_tell_what_expires_next() -> None:
    rewards = [RewardLeft(2, DAY_US + HOUR_US), RewardLeft(1, DAY_US + HOUR_US), RewardLeft(4, None)]
    tile = tiles_of(balance(("holder", "reward", 7), rewards=rewards), Kind.VIEWER, Clock(is_trace=True))[1]
    assert (tile.figure, tile.unit) == ("7", "reward coins")
    assert tile.notes[0] == "3 expire day 2, 01:00."


def test_who_owes_coins_is_told_how_to_settle() -> None:
    tile = tiles_of(balance(("holder", "coin", -30)), Kind.VIEWER, Clock(is_trace=False))[0]
    assert (tile.figure, tile.unit) == ("−30", "coins")
    assert "Owed after a chargeback" in tile.notes[0]


def test_a_creator_sees_what_diamonds_are_worth() -> None:
    have = balance(("holder", "diamond", 713), ("pending", "diamond", 300), worth=Money("USD", 356))
    first, coming = tiles_of(have, Kind.CREATOR, Clock(is_trace=False))
    assert (first.figure, first.notes) == ("713", ("Worth $3.56 in a payout.",))
    assert (coming.figure, coming.notes) == ("300", ())


def transaction(op: str, account: str, peer: str | None = None, **fields: object) -> Transaction:
    given = {"key": "demo/1", "at_us": 0, "item": None, "amount": 500, "currency": "USD", "ref": None, "lines": []}
    return Transaction(op=op, account=account, peer=peer, **(given | fields))


@pytest.mark.parametrize(
    ("told", "reader", "title", "detail"),
    [
        (transaction("topup", VIEWER, item=PACK + 2), VIEWER, "Coins bought", "paid $5.00 · pack 2 · in the app"),
        (transaction("topup", VIEWER, item=800_000_000), VIEWER, "Coins bought", "paid $5.00 · pack 0 · by amount"),
        (transaction("reward", VIEWER, item=900_000_000, currency="reward"), VIEWER, "Reward for watching", ""),
        (transaction("voucher", VIEWER, item=1_100_000_000), VIEWER, "Voucher received", "$5.00 for one order"),
        (transaction("expire", VIEWER, item=1_100_000_000), VIEWER, "Voucher expired", ""),
        (
            transaction("order", VIEWER, SELLER, item=400_000_007),
            VIEWER,
            "Order from seller-0",
            "$5.00 before tax · good 7 · from the shop tab",
        ),
        (
            transaction("order", VIEWER, SELLER, item=400_000_007, currency="coin"),
            VIEWER,
            "Order from seller-0",
            "500 coins · good 7 · from the shop tab",
        ),
        (
            transaction("cancel", VIEWER, SELLER, currency="coin"),
            VIEWER,
            "Order cancelled",
            "500 coins, back to your coins",
        ),
        (
            transaction("payout_return", CREATOR, currency="diamond", ref="demo/0"),
            CREATOR,
            "Payout returned by your bank",
            "the diamonds are yours again",
        ),
        (
            transaction("coin_refund", VIEWER, currency="coin"),
            VIEWER,
            "Coins given back",
            "500 coins unspent, money back to your bank",
        ),
        (transaction("topup", VIEWER, currency="coin"), VIEWER, "Coins bought", ""),  # from a foreign trace
        (transaction("gift", VIEWER, CREATOR, item=300_000_009), CREATOR, "Gift from viewer-1", "gift 9"),
        (transaction("capture", SELLER, VIEWER), VIEWER, "Delivered by seller-0", "the seller is paid"),
        (transaction("capture", SELLER, VIEWER), SELLER, "Sold to viewer-1", "delivered, less commission"),
        (transaction("refund", VIEWER, SELLER), SELLER, "Refund to viewer-1", "$5.00"),
        (transaction("payout", CREATOR, currency="diamond"), CREATOR, "Payout requested", ""),
        (transaction("settle", SELLER), SELLER, "Balance paid out", "$5.00 to your bank"),
        (
            transaction("affiliate", CREATOR, SELLER),
            CREATOR,
            "Affiliate commission from seller-0",
            "for an order that you brought",
        ),
        (
            transaction("affiliate", CREATOR, SELLER),
            SELLER,
            "Affiliate commission to creator-0",
            "for an order that they brought",
        ),
        (transaction("payout", CREATOR, currency="diamond", ref="demo/0"), CREATOR, "Payout sent", ""),
    ],
)
def test_a_transaction_is_told_from_its_readers_side(told: Transaction, reader: str, title: str, detail: str) -> None:
    row = row_of(told, reader, Clock(is_trace=True))
    assert (row.title, row.detail) == (title, detail)


def test_lines_have_signed_amounts_and_what_they_left() -> None:
    lines = [Line("holder", "diamond", -300, 713), Line("pending", "diamond", 300, 300)]
    row = row_of(transaction("payout", CREATOR, lines=lines), CREATOR, Clock(is_trace=False))
    assert row.amounts == ("−300 diamonds", "+300 diamonds pending")
    assert row.balances == ("713 diamonds", "300 diamonds pending")
    assert (row.day, row.time) == ("Thursday, 1 January 1970", "00:00:00")


def test_a_limit_and_vouchers_are_shown():
    have = balance(("holder", "coin", 70), ("holder", "USD", 500), spending_limit=1_200)
    coins, _, vouchers = tiles_of(have, Kind.VIEWER, Clock(is_trace=False))
    assert coins.notes == ("At most 1,200 to spend in a day (UTC).",)
    assert (vouchers.label, vouchers.figure) == ("Vouchers", "$5.00")


def test_an_affiliates_commission_is_shown_beside_diamonds():
    tiles = tiles_of(balance(("holder", "diamond", 7), ("holder", "USD", 300)), Kind.CREATOR, Clock(is_trace=False))
    assert [(tile.label, tile.figure) for tile in tiles][-1] == ("Affiliate commission", "$3.00")
