"""What nobody knows: the parameters of two scenarios that have a range, and draws over all of them at once.

    known = unknowns(base, other)
    values = design(known, draws=64, seed=1)          # object array of shape (64, n_unknowns), of Decimals
    drawn(base, known, values[0]), drawn(other, known, values[0])

An unknown is fitted or assumed; what a contract or a law says (a mechanism) is in force as stated. Where two scenarios
state different values, that is what they are compared for, and nobody draws it. All else is drawn alike in both.

The stated value is the middle of what is believed: half of the draws lie on either side of it, spread evenly up to the
end of the range, or evenly in the logarithm where a side spans a factor of ten. A parameter that is stated at the end
of its range (a rival who isn't there) is so in half of the draws. Parameters are drawn independently of each other:
nobody publishes how beliefs about two of them hang together.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from math import ceil, floor, log
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from sim.experiments.names import nearest
from sim.ledger.errors import CoinworksError
from sim.scenario import Parameter, Scenario, ScenarioError, from_resolved, resolved
from sim.scenario.convert import Field, fields_of
from sim.scenario.interventions import Intervention
from sim.scenario.quantity import Basis, Quantity
from sim.scenario.types import Season, Settings

Values = npt.NDArray[np.object_]

DECIMALS: Final = 6  # a ledger's rates have no more
GEOMETRIC_FROM: Final = 10  # times the near end: from here on a side is spread in the logarithm
DRAWN: Final = ("fitted", "assumed")
NUMBER: Final = Quantity("number")


class Unknown(NamedTuple):
    """A parameter with a range, as both scenarios state it, or the only one that has it."""

    key: str
    stated: Decimal
    low: Decimal
    high: Decimal
    basis: Basis
    source: str
    quantity: Quantity
    meaning: str

    @property
    def table(self) -> str:
        """The table of the scenario in which it stands."""
        return self.key.partition(".")[0]

    def at(self, belief: float) -> Decimal:
        """The value below which this part of the belief lies, a number in [0, 1]; 0.5 gives the stated one.

        >>> half = Unknown("a.b", Decimal(2), Decimal(1), Decimal(6), "assumed", "", Quantity("factor", 0, 9), "")
        >>> [str(half.at(belief)) for belief in (0, 0.25, 0.5, 0.75, 1)]
        ['1', '1.5', '2', '4', '6']
        """
        if belief < 0.5:
            return self.rounded(_between(self.low, self.stated, 2 * belief))
        return self.rounded(_between(self.stated, self.high, 2 * belief - 1))

    def belief_of(self, value: float) -> float:
        """The part of the belief below a value, in [0, 1]: the inverse of `at`, but for its rounding.

        >>> half = Unknown("a.b", Decimal(2), Decimal(1), Decimal(6), "assumed", "", Quantity("factor", 0, 9), "")
        >>> [half.belief_of(value) for value in (1, 1.5, 2, 4, 6)]
        [0.0, 0.25, 0.5, 0.75, 1.0]
        """
        if value < float(self.stated):
            return _part(self.low, self.stated, value) / 2
        return 0.5 if self.stated == self.high else 0.5 + _part(self.stated, self.high, value) / 2

    def rounded(self, number: float) -> Decimal:
        """The nearest value that the parameter can take within its range: whole, or of at most six decimals."""
        if not self.quantity.whole:
            return _plain(min(max(Decimal(repr(round(number, DECIMALS))), self.low), self.high))
        least, most = ceil(self.low), floor(self.high)
        return Decimal(min(max(round(number), least), most)) if least <= most else self.stated


def unknowns(base: Scenario, other: Scenario) -> list[Unknown]:
    """The unknowns of a comparison, in the order of the scenario's tables."""
    ours, theirs = (_by_key(scenario) for scenario in (base, other))
    shared = [key for key in ours | theirs if _value(ours, key, theirs) == _value(theirs, key, ours)]
    found = (_unknown(key, *(theirs.get(key) or ours[key])) for key in shared)
    return [unknown for unknown in found if unknown is not None]


def find(known: Sequence[Unknown], key: str) -> Unknown:
    """The unknown of that key.

    Raises
    ------
    CoinworksError : there is none; the message names the nearest
    """
    for unknown in known:
        if unknown.key == key:
            return unknown
    raise CoinworksError(nearest("unknown", key, [unknown.key for unknown in known]))


def design(known: Sequence[Unknown], draws: int, seed: int) -> Values:
    """Draws that cover each range evenly: a Latin hypercube.

    Parameters
    ----------
    known : what is drawn
    draws : how many; each unknown has one in each of so many equal parts of its belief
    seed : of the permutations

    Returns
    -------
    object array of shape (draws, n_unknowns) of Decimals

    Notes
    -----
    With more unknowns than draws a Sobol sequence is worse than chance for telling influences apart: of 119 unknowns in
    64 draws one pair has a rank correlation of 0.84 and one in a hundred more than 0.75, here 0.53 and 0.31.
    """
    from scipy.stats import qmc

    values = np.empty((draws, len(known)), dtype=object)
    if known:
        points = qmc.LatinHypercube(len(known), rng=np.random.default_rng(seed)).random(draws).tolist()
        values[:] = [[one.at(belief) for one, belief in zip(known, row, strict=True)] for row in points]
    return values


def unsettled(known: Sequence[Unknown]) -> list[Decimal]:
    """A world in which every unknown is other than stated, and what isn't there is: half of the way to an end."""
    return [one.at(0.25 if one.stated == one.high else 0.75) for one in known]


def settled(known: Sequence[Unknown], table: str) -> list[Decimal]:
    """The same world, but for one table of the scenario, which is as stated."""
    apart = zip(known, unsettled(known), strict=True)
    return [one.stated if one.table == table else value for one, value in apart]


def drawn(scenario: Scenario, known: Sequence[Unknown], values: Sequence[Decimal]) -> Scenario:
    """The scenario with these values in place of the stated ones, where it has such parameters.

    What must fit together is made to: shares of where orders go that sum to more than everything are cut in
    proportion, regions' shares sum to 1 again, the least payout is at most the largest.

    Raises
    ------
    CoinworksError : the scenario's own check refuses the values; the message says why
    """
    chosen = {unknown.key: value for unknown, value in zip(known, values, strict=True)}
    found = _fitted_together(_replaced(scenario, Settings, (), chosen), chosen)
    try:
        from_resolved(resolved(found))
    except ScenarioError as error:
        raise CoinworksError(f"{scenario.name}: a draw of its unknowns is no scenario: {error}") from None
    return found


def _between(near: Decimal, far: Decimal, part: float) -> float:
    one, two = float(near), float(far)
    if one > 0 and two >= GEOMETRIC_FROM * one:
        return one * float((two / one) ** part)
    return one + (two - one) * part


def _part(near: Decimal, far: Decimal, value: float) -> float:
    one, two = float(near), float(far)
    if one > 0 and two >= GEOMETRIC_FROM * one:
        return log(value / one) / log(two / one)
    return (value - one) / (two - one)


def _plain(number: Decimal) -> Decimal:
    """Without trailing zeros or an exponent, as a file would have it."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


def _unknown(key: str, field: Field, parameter: Parameter) -> Unknown | None:
    low, high, stated = parameter.low, parameter.high, parameter.value
    if low is None or high is None or parameter.basis not in DRAWN:
        return None
    low, high = min(low, stated), max(high, stated)  # a value set elsewhere may leave the range knowingly
    if low == high:
        return None
    quantity = field.quantity or NUMBER
    return Unknown(key, stated, low, high, parameter.basis, parameter.source, quantity, field.meaning)


def _value(ours: Mapping[str, tuple[Field, Parameter]], key: str, theirs: Mapping[str, tuple[Field, Parameter]]) -> Any:
    """What one side says; what only the other has is no difference of opinion."""
    return (ours.get(key) or theirs[key])[1].value


def _by_key(scenario: Scenario) -> dict[str, tuple[Field, Parameter]]:
    return {".".join(path): (field, found) for path, field, found in _parameters(scenario, Settings, ())}


def _parameters(
    struct: Any, declared: type[msgspec.Struct], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Field, Parameter]]:
    for field in fields_of(declared):
        value = getattr(struct, field.name)
        if isinstance(value, Parameter):
            yield (*path, field.name), field, value
        else:
            for name, inner in _inside(value):
                yield from _parameters(inner, type(inner), (*path, field.name, *name))


def _inside(value: Any) -> Iterator[tuple[tuple[str, ...], msgspec.Struct]]:
    """The tables in a value, by name: one, those of a mapping, or rows."""
    if isinstance(value, msgspec.Struct):
        yield (), value
    elif isinstance(value, Mapping):
        yield from (((name,), inner) for name, inner in value.items() if isinstance(inner, msgspec.Struct))
    elif isinstance(value, tuple):
        yield from (((_row_name(inner),), inner) for inner in value if isinstance(inner, msgspec.Struct))


def _row_name(row: msgspec.Struct) -> str:
    """A row of two scenarios is the same one by what it is, wherever it stands."""
    if isinstance(row, Season):
        where = f" in {row.region}" if row.region else ""
        return f"{row.name} of {row.first_day.isoformat()}{where}"
    assert isinstance(row, Intervention)
    place = " ".join(("", *row.target, *((f"in {row.region}",) if row.region else ())))
    return f"{row.kind}{place} at {row.at.isoformat().replace('+00:00', 'Z')}"


def _replaced(struct: Any, declared: type[msgspec.Struct], path: tuple[str, ...], chosen: Mapping[str, Decimal]) -> Any:
    changed = {}
    for field in fields_of(declared):
        value, place = getattr(struct, field.name), (*path, field.name)
        found = _replaced_value(value, place, chosen)
        if found is not value:
            changed[field.name] = found
    return msgspec.structs.replace(struct, **changed) if changed else struct


def _replaced_value(value: Any, place: tuple[str, ...], chosen: Mapping[str, Decimal]) -> Any:
    if isinstance(value, Parameter):
        number = chosen.get(".".join(place))
        return value if number is None else msgspec.structs.replace(value, value=number)
    inside = {id(inner): _replaced(inner, type(inner), (*place, *name), chosen) for name, inner in _inside(value)}
    if isinstance(value, msgspec.Struct):
        return inside[id(value)]
    if isinstance(value, Mapping):
        return {name: inside.get(id(inner), inner) for name, inner in value.items()} if inside else value
    return tuple(inside.get(id(inner), inner) for inner in value) if inside else value


def _fitted_together(scenario: Scenario, chosen: Mapping[str, Decimal]) -> Scenario:
    """What must fit together and was drawn apart."""
    changed: dict[str, Any] = {}
    routes = {name: getattr(scenario.elsewhere, name) for name in scenario.elsewhere.__struct_fields__}
    if sum(route.value for route in routes.values()) > 1:
        changed["elsewhere"] = msgspec.structs.replace(scenario.elsewhere, **_scaled(routes))
    floor_, ceiling = scenario.creators.payout_floor_cents, scenario.creators.payout_ceiling_cents
    if floor_.value > ceiling.value:
        least = msgspec.structs.replace(floor_, value=ceiling.value)
        changed["creators"] = msgspec.structs.replace(scenario.creators, payout_floor_cents=least)
    if any(f"regions.{name}.share" in chosen for name in scenario.regions):
        changed["regions"] = _whole(scenario)
    return msgspec.structs.replace(scenario, **changed) if changed else scenario


def _scaled(shares: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """In proportion, and rounded down, so that they sum to at most 1."""
    total = sum(share.value for share in shares.values())
    digit = Decimal(1).scaleb(-DECIMALS)
    return {
        name: msgspec.structs.replace(share, value=(share.value / total).quantize(digit, ROUND_FLOOR))
        for name, share in shares.items()
    }


def _whole(scenario: Scenario) -> dict[str, Any]:
    """Regions whose shares sum to 1 exactly; what rounding leaves goes to the last."""
    shares = _scaled({name: region.share for name, region in scenario.regions.items()})
    last = next(reversed(shares))
    rest = 1 - sum(share.value for name, share in shares.items() if name != last)
    shares[last] = msgspec.structs.replace(shares[last], value=rest)
    return {name: msgspec.structs.replace(region, share=shares[name]) for name, region in scenario.regions.items()}
