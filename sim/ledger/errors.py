"""The one error tree of coinworks: a message is one sentence that names place, value and what was expected."""


class CoinworksError(Exception):
    """What a user can mend. The command prints the message alone and exits with `exit_code`."""

    exit_code = 1


class LedgerError(CoinworksError):
    """An operation that makes no sense here (an unknown account, a wrong unit): nobody's decision, so no outcome."""


class ConservationError(CoinworksError):
    """Entries that do not sum to zero, or a balance that its lots do not explain: a bug, never a user's mistake."""
