"""Numbers with a unit, a range and a reason: what a behavioural parameter is made of.

In a scenario a number stands bare, or in a table that says where it comes from:

    watch_minutes = 12.5
    visits_per_day = { value = 3.0, range = [1, 8], source = "V2", basis = "fitted" }

Both become a `Parameter`. A `Quantity` stands in the type of a field and says which numbers make sense there.
"""

from decimal import Decimal
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from sim.ledger.errors import CoinworksError
from sim.ledger.money import AMOUNT_MAX, PPM

Basis = Literal["mechanism", "fitted", "assumed"]


class Parameter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An exact number, the range in which it is plausible, and the sources that say so.

    Attributes
    ----------
    value : exact, as written in the file
    low, high : the plausible range, both or neither
    source : ids of the table of sources in scenarios/README.md, or empty
    basis : mechanism (the market's arithmetic), fitted (agrees with a published figure), assumed (nobody publishes it)
    """

    value: Decimal
    low: Decimal | None = None
    high: Decimal | None = None
    source: str = ""
    basis: Basis = "assumed"

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        """The value where it must be whole; ValueError where it is not, for rounding is the caller's to choose."""
        if self.value != self.value.to_integral_value():
            raise ValueError(f"{self.value} is not a whole number")
        return int(self.value)

    @property
    def ppm(self) -> int:
        """The value as a rate in parts per million, exactly."""
        scaled = self.value * PPM
        if scaled != scaled.to_integral_value():
            raise CoinworksError(f"rate {self.value}: expected at most 6 decimals, a whole number of parts per million")
        return int(scaled)


class Quantity(NamedTuple):
    """Which numbers a field takes: `Quantity("share", 0, 1)` takes those in [0, 1]."""

    unit: str
    low: int | None = None
    high: int | None = None
    whole: bool = False
    ledger_rate: bool = False
    above_low: bool = False

    def admits(self, number: Decimal) -> bool:
        """Whether the number makes sense here."""
        if self.low is not None and (number < self.low or (self.above_low and number == self.low)):
            return False
        if self.high is not None and number > self.high:
            return False
        if self.ledger_rate:
            return (number * PPM).to_integral_value() == number * PPM
        return not self.whole or number == number.to_integral_value()

    @property
    def expected(self) -> str:
        """The part of a sentence that follows "expected"."""
        noun = "a whole number" if self.whole else "a number"
        unit = f" of {self.unit}" if self.unit in COUNTED_UNITS else ""
        decimals = " with at most 6 decimals" if self.ledger_rate else ""
        return f"{noun}{unit}{self._bounds()}{decimals}"

    def _bounds(self) -> str:
        if self.low is None:
            return "" if self.high is None else f" <= {self.high}"
        if self.high is None:
            return f" {'>' if self.above_low else '>='} {self.low}"
        return f" in {'(' if self.above_low else '['}{self.low}, {self.high}]"


COUNTED_UNITS: Final = ("cents", "coins", "days", "minutes", "viewers")

# A share says how many; a rate goes to the ledger, which counts in parts per million.
Share = Annotated[Parameter, Quantity("share", 0, 1)]
Rate = Annotated[Parameter, Quantity("rate", 0, 1, ledger_rate=True)]
Cents = Annotated[Parameter, Quantity("cents", 0, AMOUNT_MAX, whole=True)]
CentsEach = Annotated[Parameter, Quantity("cents", 0, 1000, ledger_rate=True)]
CoinPrice = Annotated[Parameter, Quantity("cents a coin", 0, 1000, above_low=True)]
Count = Annotated[Parameter, Quantity("number", 0, 10**9, whole=True)]
PerDay = Annotated[Parameter, Quantity("per day", 0, 1000)]
DaysAWeek = Annotated[Parameter, Quantity("days a week", 0, 7)]
PerThousand = Annotated[Parameter, Quantity("per 1,000 viewers", 0, 1000)]
Minutes = Annotated[Parameter, Quantity("minutes", 0, 1440, above_low=True)]
Days = Annotated[Parameter, Quantity("days", 0, 3660)]
Weeks = Annotated[Parameter, Quantity("weeks", 0, 520, above_low=True)]
Factor = Annotated[Parameter, Quantity("factor", 0, 1000)]
PriceFactor = Annotated[Parameter, Quantity("factor", 0, 1000, ledger_rate=True)]
CurrencyRate = Annotated[Parameter, Quantity("minor units", 0, 10**6, above_low=True)]
Sigma = Annotated[Parameter, Quantity("sigma", 0, 10)]
Exponent = Annotated[Parameter, Quantity("exponent", 0, 100)]
Shape = Annotated[Parameter, Quantity("shape", 0, 100, above_low=True)]
