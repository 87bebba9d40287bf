"""The JSON Schema of scenario files: completion and red underlines in an editor.

    #:schema scenario.schema.json

as a file's first line is enough for editors that know TOML schemas. The schema says what stands in one file, so nothing
but the question is required: what a file leaves out it may inherit. Rules between keys are `coinworks check`'s.
"""

import json
import typing
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec

from sim.scenario.convert import Field, fields_of, is_struct, split, tagged_structs
from sim.scenario.files import NOT_INHERITED
from sim.scenario.quantity import Basis, Parameter, Quantity
from sim.scenario.types import Settings

Schema = dict[str, Any]

PLAIN: Final[dict[Any, Schema]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
}
EXTENDS: Final = {"type": "string", "description": "stem or path of the scenario from which this one differs"}


def json_schema() -> Schema:
    """The schema of a scenario file, in JSON Schema draft 7."""
    schema = _struct(Settings)
    properties = schema["properties"]
    first = {"question": properties.pop("question"), "extends": EXTENDS}
    story = {name: properties.pop(name) for name in NOT_INHERITED[1:]}
    schema["properties"] = first | story | properties
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "coinworks scenario",
        **schema,
        "required": ["question"],
        "definitions": {_name(quantity): _parameter(quantity) for quantity in dict.fromkeys(_quantities(Settings))},
    }


def schema_text() -> str:
    """The schema as it is committed in scenarios/scenario.schema.json."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def _struct(struct: type[msgspec.Struct]) -> Schema:
    properties = {field.name: _field(field) for field in fields_of(struct)}
    tag = struct.__struct_config__.tag
    if tag is not None:
        properties = {"kind": {"const": tag}} | properties
    described = {"description": first_line(struct)} if struct.__doc__ else {}
    required = {"required": ["kind", *(field.name for field in fields_of(struct) if field.required)]} if tag else {}
    return {"type": "object", **described, "properties": properties, **required, "additionalProperties": False}


def _field(field: Field) -> Schema:
    schema = _of(field.annotation)
    return schema | ({"description": field.meaning} if field.meaning else {})


def _of(annotation: Any) -> Schema:
    base, meta = split(annotation)
    quantity = next((item for item in meta if isinstance(item, Quantity)), Quantity("number"))
    if base is Parameter:
        return {"allOf": [{"$ref": f"#/definitions/{_name(quantity)}"}]}
    if base is Decimal or base is int:
        return _number(quantity)
    if base in PLAIN:
        return dict(PLAIN[base])
    if is_struct(base):
        return _struct(base)
    if members := tagged_structs(base):
        return {"oneOf": [_struct(member) for member in members.values()]}
    return _container(typing.get_origin(base), typing.get_args(base))


def _container(origin: Any, arguments: tuple[Any, ...]) -> Schema:
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(arguments[1])}
    return {"type": "array", "items": _of(arguments[0])}


def _number(quantity: Quantity) -> Schema:
    low = "exclusiveMinimum" if quantity.above_low else "minimum"
    bounds = {low: quantity.low, "maximum": quantity.high}
    return {
        "type": "integer" if quantity.whole else "number",
        **{key: bound for key, bound in bounds.items() if bound is not None},
    }


def _quantities(struct: type[msgspec.Struct]) -> Iterator[Quantity]:
    """The quantities of all parameters in a table and the tables below it."""
    for field in fields_of(struct):
        if field.type is Parameter and field.quantity:
            yield field.quantity
        for below in (field.type, *typing.get_args(field.type)):
            for member in (tagged_structs(below) or {"": below}).values():
                if is_struct(member):
                    yield from _quantities(member)


def _name(quantity: Quantity) -> str:
    return quantity.unit.replace(" ", "_").replace(",", "") + ("_whole" if quantity.whole else "")


def _parameter(quantity: Quantity) -> Schema:
    number = _number(quantity)
    properties = {
        "value": number,
        "range": {"type": "array", "items": number, "minItems": 2, "maxItems": 2},
        "source": {"type": "string"},
        "basis": {"enum": list(typing.get_args(Basis))},
    }
    return {"anyOf": [number, {"type": "object", "properties": properties, "additionalProperties": False}]}


def first_line(struct: type) -> str:
    """What a table is about: the first line of its docstring."""
    return (struct.__doc__ or "").partition("\n")[0]
