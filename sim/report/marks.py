"""How an interval over seeds that isn't shown to cover 95 % is marked, and what is said of it in a sentence."""

from typing import Final

from sim.experiments.paired import HELD, Mark
from sim.report.numbers import THIN

STARS: Final[dict[Mark, str]] = {"": "", "few payers": "*", "rare": "**"}  # explained by the comparison's notes
OVER_SEEDS: Final[dict[Mark, str]] = {
    "": "over seeds",
    "few payers": f"at about {100 * HELD:.0f}{THIN}% over seeds",
    "rare": "over seeds, of few events",
}
