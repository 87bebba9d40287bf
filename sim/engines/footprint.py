"""The footprint: how much memory a run will take, so that one that can't fit is refused before it starts."""

from typing import Final

import psutil

from sim.ledger import CoinworksError
from sim.scenario import Scenario

# Measured by `coinworks bench sim`, rounded up: what the program takes by itself, and each viewer with all of hers.
BASE_BYTES: Final = {"windowed": 500_000_000, "reference": 300_000_000}
VIEWER_BYTES: Final = {"windowed": 120, "reference": 15_000}


def footprint_bytes(viewers: int, engine: str) -> int:
    """An estimate of the resident memory of a run."""
    return BASE_BYTES[engine] + viewers * VIEWER_BYTES[engine]


def check_memory(scenario: Scenario, engine: str) -> None:
    """Refuse a run that this machine can't hold.

    Raises
    ------
    CoinworksError : with the estimate and the limit
    """
    needed, there = footprint_bytes(scenario.viewers, engine), available_bytes()
    if needed > there:
        raise CoinworksError(
            f"{scenario.viewers:,} viewers need about {needed / 1e9:.1f} GB with the {engine} engine, "
            f"but {there / 1e9:.1f} GB are free: expected at most {fitting(there, engine):,} viewers"
        )


def fitting(limit_bytes: int, engine: str) -> int:
    """How many viewers fit."""
    return max((limit_bytes - BASE_BYTES[engine]) // VIEWER_BYTES[engine], 0)


def available_bytes() -> int:
    """Memory that can be had without swapping, by the machine's and the container's limits."""
    return int(psutil.virtual_memory().available)
