"""What can go wrong with a measurement."""

from sim.ledger import CoinworksError


class BenchError(CoinworksError):
    """A measurement that could not be made."""
