"""The shared vocabulary of simulator and wallet: money, accounts, operations, postings, outcomes.

Standard library only. Start reading at `operations` (what happens) and `book` (what follows).
"""

from sim.ledger.accounts import Account, AccountClass, Kind, account_id, account_name, kind_of, parse_account
from sim.ledger.book import Book
from sim.ledger.closing import Closing, closing_of
from sim.ledger.errors import CoinworksError, ConservationError, LedgerError
from sim.ledger.money import COIN, CURRENCIES, CURRENCY_BY_NAME, DIAMOND, NONE, REWARD
from sim.ledger.operations import (
    Item,
    Lanes,
    Op,
    Operation,
    Rule,
    holds_back_credits,
    item_id,
    item_kind,
    lanes,
    needs_service_token,
)
from sim.ledger.outcomes import Outcome
from sim.ledger.places import REGION_BY_NAME, REGIONS
from sim.ledger.postings import Decision, Entry

__all__ = [
    "COIN",
    "CURRENCIES",
    "CURRENCY_BY_NAME",
    "DIAMOND",
    "NONE",
    "REGIONS",
    "REGION_BY_NAME",
    "REWARD",
    "Account",
    "AccountClass",
    "Book",
    "Closing",
    "CoinworksError",
    "ConservationError",
    "Decision",
    "Entry",
    "Item",
    "Kind",
    "Lanes",
    "LedgerError",
    "Op",
    "Operation",
    "Outcome",
    "Rule",
    "account_id",
    "account_name",
    "closing_of",
    "holds_back_credits",
    "item_id",
    "item_kind",
    "kind_of",
    "lanes",
    "needs_service_token",
    "parse_account",
]
