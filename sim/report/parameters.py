"""The parameters of a run as a reader wants them: meaning, value, unit, range, source, and what each rests on."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from sim.scenario import Parameter, Scenario
from sim.scenario.convert import Field, fields_of, is_struct
from sim.scenario.schema import first_line
from sim.scenario.types import Settings


class Row(NamedTuple):
    """One parameter; texts that do not apply are empty."""

    name: str
    meaning: str
    value: str
    range: str
    source: str
    basis: str


class Section(NamedTuple):
    """One table of the scenario."""

    name: str
    about: str
    rows: list[Row]


def sections(scenario: Scenario) -> list[Section]:
    """Every table of a scenario in the order of its file."""
    return [
        Section(name, first_line(struct), [_row(field, getattr(table, field.name)) for field in fields_of(struct)])
        for name, struct, table in _tables(scenario)
    ]


def bases(found: list[Section]) -> Counter[str]:
    """How many parameters rest on a mechanism, on a fit, on an assumption."""
    return Counter(row.basis for section in found for row in section.rows if row.basis)


def _tables(scenario: Scenario) -> Iterator[tuple[str, type[msgspec.Struct], msgspec.Struct]]:
    for name, region in scenario.regions.items():
        yield f"regions.{name}", type(region), region
    for field in fields_of(Settings):
        if is_struct(field.type):
            yield field.name, field.type, getattr(scenario, field.name)


def _row(field: Field, value: Any) -> Row:
    if not isinstance(value, Parameter):
        return Row(field.name, field.meaning, _plain(value), "", "", "")
    unit = f" {field.quantity.unit}" if field.quantity and field.quantity.unit not in _SILENT else ""
    limits = "" if value.low is None else f"{value.low:,} to {value.high:,}"
    return Row(field.name, field.meaning, f"{value.value:,}{unit}", limits, value.source, value.basis)


_SILENT = ("share", "rate", "factor", "shape", "exponent", "sigma", "number")


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {part}" for name, part in value.items())
    if isinstance(value, tuple):
        highest = max(range(len(value)), key=value.__getitem__)
        return f"{len(value)} weights, highest at {highest}:00"
    return str(value)
