"""A scenario as plain values: what a run's manifest keeps, and what its digest is taken of.

    >>> scenario = load("us-baseline")
    >>> from_resolved(json.loads(json.dumps(resolved(scenario)))) == scenario
    True

Everything is in it, the catalogues included, so that a run can be repeated when the files have changed since. Numbers
are JSON numbers; a scenario takes only numbers that come back from them exactly.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec

from sim.scenario.interventions import Intervention
from sim.scenario.load import from_plain
from sim.scenario.problems import Problem, ScenarioError
from sim.scenario.quantity import Parameter
from sim.scenario.types import Scenario


def resolved(scenario: Scenario) -> dict[str, Any]:
    """The scenario as dicts, lists, texts and numbers that JSON can hold."""
    return _struct(scenario)


def from_resolved(plain: Mapping[str, Any]) -> Scenario:
    """The scenario that `resolved` made these values of, also after a journey through JSON.

    Raises
    ------
    ScenarioError : the values are no scenario
    """
    settings = dict(plain)
    name, catalogs = settings.pop("name", None), settings.pop("catalogs", None)
    if not isinstance(name, str) or not isinstance(catalogs, Mapping):
        raise ScenarioError([Problem("resolved scenario", "", "", "the keys name and catalogs")])
    return from_plain(name, settings, catalogs)


def digest(scenario: Scenario) -> str:
    """The sha256 of the resolved scenario as compact JSON with sorted keys."""
    text = json.dumps(resolved(scenario), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def _struct(struct: msgspec.Struct) -> dict[str, Any]:
    kind = {"kind": struct.kind} if isinstance(struct, Intervention) else {}
    fields = {name: getattr(struct, name) for name in struct.__struct_fields__}
    return kind | {name: _plain(value) for name, value in fields.items() if value is not None}


def _plain(value: Any) -> Any:
    match value:
        case Parameter():
            return _parameter(value)
        case msgspec.Struct():
            return _struct(value)
        case Decimal():
            return _number(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case tuple():
            return [_plain(item) for item in value]
        case _:
            return value


def _parameter(parameter: Parameter) -> dict[str, Any]:
    limits = [_number(limit) for limit in (parameter.low, parameter.high) if limit is not None]
    known = {key: value for key, value in {"range": limits, "source": parameter.source}.items() if value}
    return {"value": _number(parameter.value), **known, "basis": parameter.basis}


def _number(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)
