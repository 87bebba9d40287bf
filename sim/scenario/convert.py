"""From keys to types: one walk that builds the typed values and collects every problem on its way.

msgspec declares the types and stops at its first error; a person mending a file wants all of them. The walk therefore
reads the same declarations, and remembers each value that was well formed, so that the rules between keys can still be
checked when some other key is wrong.
"""

import functools
import operator
import types
import typing
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from sim.scenario.files import Document
from sim.scenario.problems import KeyPath, Problem, dotted, nearest, shown
from sim.scenario.quantity import Basis, Parameter, Quantity

INSTANT_EXPECTED: Final = "a date and time with its zone, like 2024-04-08T04:00:00Z"
DATE_EXPECTED: Final = "a date, like 2024-11-11"
PARAMETER_KEYS: Final = ("value", "range", "source", "basis")


class _Bad:
    """Stands where a value could not be built."""

    def __repr__(self) -> str:
        return "BAD"


BAD: Final = _Bad()


class Field(NamedTuple):
    """A field of a struct as the walk sees it."""

    name: str
    annotation: Any
    required: bool

    @property
    def type(self) -> Any:
        return split(self.annotation)[0]

    @property
    def quantity(self) -> Quantity | None:
        return next((item for item in split(self.annotation)[1] if isinstance(item, Quantity)), None)

    @property
    def meaning(self) -> str:
        return next((item for item in split(self.annotation)[1] if isinstance(item, str)), "")


def split(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """An annotated type as the type itself and what was noted about it; what may be left out by its type if given."""
    if typing.get_origin(annotation) is Annotated:
        base, noted = split(annotation.__origin__)
        return base, (*noted, *annotation.__metadata__)
    members = typing.get_args(annotation)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType) and types.NoneType in members:
        # TOML has no null, so whoever writes a key gives a value.
        return split(functools.reduce(operator.or_, (member for member in members if member is not types.NoneType)))
    return annotation, ()


@functools.cache
def fields_of(struct: type[msgspec.Struct]) -> tuple[Field, ...]:
    """The fields of a struct in the order of its declaration."""
    return tuple(Field(field.name, field.type, field.required) for field in msgspec.structs.fields(struct))


def common_fields(structs: tuple[type[msgspec.Struct], ...]) -> tuple[Field, ...]:
    """The fields that all of some structs have, as the first one declares them."""
    shared = set.intersection(*({field.name for field in fields_of(struct)} for struct in structs))
    return tuple(field for field in fields_of(structs[0]) if field.name in shared)


def is_known(*values: object) -> bool:
    """Whether all of a table's values were well formed."""
    return all(value is not BAD for value in values)


def is_struct(annotation: Any) -> bool:
    """Whether the type is a table of its own (a parameter counts as a number)."""
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct) and annotation is not Parameter


def tagged_structs(annotation: Any) -> dict[str, type[msgspec.Struct]] | None:
    """The structs of a union by their tag, or None for any other type."""
    if not isinstance(annotation, types.UnionType):
        return None
    return {str(member.__struct_config__.tag): member for member in typing.get_args(annotation)}


class Conversion:
    """One walk over a document: `problems` found, and `values` by path where they were well formed.

    `tables` are all structs by path; in one that is not well formed BAD stands where a value is wrong or missing, so
    that what is right of it can still be checked.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self.problems: list[Problem] = list(document.problems)
        self.values: dict[KeyPath, Any] = {}
        self.tables: dict[KeyPath, Any] = {}

    @property
    def whole(self) -> bool:
        """Whether nothing stands in the way of using what was built."""
        return all(problem.is_note for problem in self.problems)

    def struct(self, struct: type[msgspec.Struct]) -> Any:
        """The whole document as a struct, or BAD."""
        return self._struct(self._document.data, struct, ())

    def report(
        self, path: KeyPath, value: object, expected: str, hint: str = "", *, is_note: bool = False, key: str = ""
    ) -> None:
        """Note a problem at the place where the key was written; `value` None leaves it out."""
        origin = self._document.origin(path)
        text = "" if value is None else shown(value)
        self.problems.append(Problem(origin.file, key or dotted(path), text, expected, hint, origin.line, is_note))

    def _convert(self, value: Any, annotation: Any, path: KeyPath) -> Any:
        base, meta = split(annotation)
        result = self._convert_base(value, base, meta, path)
        if result is not BAD:
            self.values[path] = result
        return result

    def _convert_base(self, value: Any, base: Any, meta: tuple[Any, ...], path: KeyPath) -> Any:
        quantity = next((item for item in meta if isinstance(item, Quantity)), Quantity("number"))
        if base is Parameter:
            return self._parameter(value, quantity, path)
        if base is Decimal or base is int:
            return self._number(value, quantity, path, whole=base is int)
        if is_struct(base):
            return self._struct(value, base, path)
        if members := tagged_structs(base):
            return self._tagged(value, members, path)
        origin, arguments = typing.get_origin(base), typing.get_args(base)
        if origin is Literal:
            return value if value in arguments else self._bad(path, value, one_of(arguments))
        if origin is dict:
            return self._entries(value, arguments[1], path)
        if origin is tuple:
            return self._array(value, arguments[0], path)
        return self._plain(value, base, path)

    def _plain(self, value: Any, base: type, path: KeyPath) -> Any:
        if base is datetime:
            return self._instant(value, path)
        if base is date:
            return self._date(value, path)
        if base is bool:
            return value if isinstance(value, bool) else self._bad(path, value, "true or false")
        return value if isinstance(value, str) and value else self._bad(path, value, "a text in quotes")

    def _struct(self, value: Any, struct: type[msgspec.Struct], path: KeyPath) -> Any:
        if not isinstance(value, Mapping):
            return self._bad(path, value, "a table")
        fields = fields_of(struct)
        known = {field.name for field in fields}
        tag_field = struct.__struct_config__.tag_field
        for key in value.keys() - known - {tag_field}:
            self.report((*path, key), value[key], "a known key", nearest(key, known))
        built = {
            field.name: self._field(value, field, path) for field in fields if field.required or field.name in value
        }
        self.tables[path] = struct(**built)
        return BAD if any(item is BAD for item in built.values()) else self.tables[path]

    def _field(self, value: Mapping[str, Any], field: Field, path: KeyPath) -> Any:
        place = (*path, field.name)
        if field.name in value:
            return self._convert(value[field.name], field.annotation, place)
        if self._document.whole:
            self.report(place, None, expected_of(field), "it is missing")
        return BAD

    def _tagged(self, value: Any, members: Mapping[str, type[msgspec.Struct]], path: KeyPath) -> Any:
        if not isinstance(value, Mapping):
            return self._bad(path, value, "a table")
        kind = value.get("kind")
        if not isinstance(kind, str) or kind not in members:
            for field in common_fields(tuple(members.values())):
                if field.name in value:
                    self._field(value, field, path)
            hint = nearest(kind, members) if isinstance(kind, str) else "it is missing"
            return self._bad((*path, "kind"), kind, one_of(members), hint)
        return self._struct(value, members[kind], path)

    def _entries(self, value: Any, annotation: Any, path: KeyPath) -> Any:
        if not isinstance(value, Mapping):
            return self._bad(path, value, "a table")
        entries = {key: self._convert(item, annotation, (*path, key)) for key, item in value.items()}
        return BAD if any(item is BAD for item in entries.values()) else entries

    def _array(self, value: Any, annotation: Any, path: KeyPath) -> Any:
        if not isinstance(value, list | tuple):
            return self._bad(path, value, "an array")
        items = tuple(self._convert(item, annotation, (*path, index)) for index, item in enumerate(value))
        return BAD if any(item is BAD for item in items) else items

    def _instant(self, value: Any, path: KeyPath) -> Any:
        instant = value
        if isinstance(value, str):
            try:
                instant = datetime.fromisoformat(value)
            except ValueError:
                instant = None
        if not isinstance(instant, datetime) or instant.tzinfo is None:
            hint = "it has no zone" if isinstance(value, date) or isinstance(instant, datetime) else ""
            return self._bad(path, value, INSTANT_EXPECTED, hint)
        return instant.astimezone(UTC)

    def _date(self, value: Any, path: KeyPath) -> Any:
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value)
            except ValueError:
                return self._bad(path, value, DATE_EXPECTED)
        is_date = isinstance(value, date) and not isinstance(value, datetime)
        return value if is_date else self._bad(path, value, DATE_EXPECTED)

    def _number(self, value: Any, quantity: Quantity, path: KeyPath, *, whole: bool = False) -> Any:
        number = as_decimal(value)
        if number is None or not quantity.admits(number):
            return self._bad(path, value, quantity.expected)
        if not survives_json(number):
            return self._bad(path, value, "a number of at most 15 digits")
        return int(number) if whole else number

    def _parameter(self, value: Any, quantity: Quantity, path: KeyPath) -> Any:
        if not isinstance(value, Mapping):
            number = self._number(value, quantity, path)
            return BAD if number is BAD else Parameter(value=number)
        for key in value.keys() - set(PARAMETER_KEYS):
            self.report((*path, key), value[key], "a known key", nearest(key, PARAMETER_KEYS))
        if "value" not in value:
            return self._bad(path, value, f"{quantity.expected} as its value")
        number = self._number(value["value"], quantity, (*path, "value"))
        bounds = self._range(value["range"], quantity, (*path, "range")) if "range" in value else (None, None)
        source = self._plain(value["source"], str, (*path, "source")) if value.get("source") else ""
        basis = self._convert_base(value.get("basis", "assumed"), Basis, (), (*path, "basis"))
        if BAD in (number, bounds, source, basis):
            return BAD
        parameter = Parameter(value=number, low=bounds[0], high=bounds[1], source=source, basis=basis)
        return parameter if self._holds(parameter, path) else BAD

    def _range(self, value: Any, quantity: Quantity, path: KeyPath) -> Any:
        expected = f"[low, high], both {quantity.expected}"
        if not isinstance(value, list | tuple) or len(value) != 2:
            return self._bad(path, value, expected)
        low, high = map(as_decimal, value)
        if low is None or high is None or low > high or not (quantity.admits(low) and quantity.admits(high)):
            return self._bad(path, value, expected)
        return low, high

    def _holds(self, parameter: Parameter, path: KeyPath) -> bool:
        """Whether the range holds the value. A value set in another file than its range may leave it knowingly."""
        if parameter.low is None or parameter.high is None or parameter.low <= parameter.value <= parameter.high:
            return True
        expected = f"a number in its range [{parameter.low}, {parameter.high}]"
        value_at, range_at = (self._document.origin((*path, part)) for part in ("value", "range"))
        # A copy in a manifest knows no files: it repeats what was accepted once.
        is_note = value_at.file != range_at.file or not self._document.origins
        self.report((*path, "value"), parameter.value, expected, parameter.source, is_note=is_note, key=dotted(path))
        return is_note

    def _bad(self, path: KeyPath, value: Any, expected: str, hint: str = "") -> _Bad:
        key = dotted(path[:-1]) if path[-1:] == ("value",) else ""
        self.report(path, value, expected, hint, key=key)
        return BAD


def expected_of(field: Field) -> str:
    """What a field wants, for a message about its absence."""
    if field.quantity:
        return field.quantity.expected
    if field.type is datetime:
        return INSTANT_EXPECTED
    if field.type is date:
        return DATE_EXPECTED
    if typing.get_origin(field.type) is tuple:
        return "an array"
    noun = "a text" if field.type is str else "a table"
    return f"{noun}: {field.meaning}" if field.meaning else noun


def one_of(names: Iterable[str]) -> str:
    """`one of app, web`."""
    return f"one of {', '.join(names)}"


def as_decimal(value: Any) -> Decimal | None:
    """A finite number, exactly; None for anything else (true and false are no numbers)."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return number if number.is_finite() else None


def survives_json(number: Decimal) -> bool:
    """Whether JSON readers, which read floats, give the same number back."""
    return number == number.to_integral_value() or Decimal(repr(float(number))) == number
