"""Small wallets for tests: a town of two fans, a creator and a seller, spoken to as the wire speaks.

with start_wallet(tmp_path / "wallet.db") as wallet, client(wallet) as http:
    furnish(http)
    http.post("/v1/operations", json=gift(5), headers=key("g1"))
"""

from typing import Any

import httpx

from loadtests.wallet.process import WalletProcess

Json = dict[str, Any]

PACK, PACK_COINS, PRICE = 100_000_000, 1_000, 1_999
GIFT, GOOD = 300_000_001, 400_000_007
VIEWER, OTHER, CREATOR, SELLER = "demo/viewer-1", "demo/viewer-2", "demo/creator-0", "demo/seller-0"
HOUR_US = 3_600_000_000


def client(wallet: WalletProcess, token: str | None = None) -> httpx.Client:
    """A client with a token: the service's unless stated."""
    return httpx.Client(base_url=wallet.url, headers={"Authorization": f"Bearer {token or wallet.token}"}, timeout=10)


def key(local: str) -> Json:
    return {"Idempotency-Key": f"demo/{local}"}


def gift(amount: int = 1, viewer: str = VIEWER, **more: object) -> Json:
    body = {"op": "gift", "account": viewer, "peer": CREATOR, "item": GIFT, "amount": amount, "currency": "coin"}
    return body | {"at_us": HOUR_US} | more


def setup_operations() -> list[Json]:
    """Terms, four accounts, and 1,000 coins for the first fan."""
    policies = [
        {"rule": "pack_coins", "item": PACK, "amount": PACK_COINS, "currency": "coin"},
        {"rule": "store_fee", "amount": 300_000},
        {"rule": "diamond_value", "amount": 500_000, "currency": "USD"},
        {"rule": "commission", "amount": 60_000},
        {"rule": "order_tax", "amount": 70_000},
        {"rule": "reward_life", "amount": 3 * 24 * HOUR_US},
    ]
    operations: list[Json] = [{"op": "policy", **policy} for policy in policies]
    operations += [{"op": "open", "account": name, "region": "US"} for name in (VIEWER, OTHER, CREATOR, SELLER)]
    operations.append({"op": "topup", "account": VIEWER, "item": PACK, "amount": PRICE, "currency": "USD"})
    return [{"key": f"demo/s{i}", "at_us": 0, **each} for i, each in enumerate(operations)]


def furnish(http: httpx.Client) -> None:
    """Set the town up."""
    results = http.post("/v1/batches", json={"operations": setup_operations()}).json()["results"]
    assert [result.get("outcome") for result in results] == ["accepted"] * len(results), results


def coins(http: httpx.Client, account: str = VIEWER) -> int:
    """The coins in an account's balance."""
    rows = http.get(f"/v1/accounts/{account}/balance").json()["rows"]
    return sum(row["amount"] for row in rows if (row["class"], row["asset"]) == ("holder", "coin"))
