"""Files of a scenario: read as TOML, stacked by `extends`, merged, with the place of every key remembered.

Tables merge; values and arrays replace. A bare number laid over a table that gives a range and a source replaces its
value alone, so that a difference stays one line.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

from sim.paths import scenarios_dir
from sim.scenario.problems import KeyPath, Problem, ScenarioError, nearest, shown, shown_path

HEADER: Final = re.compile(r"\[(?!\[)(.+?)\]\s*(#.*)?$")
ARRAY_HEADER: Final = re.compile(r"\[\[(.+?)\]\]")
KEY: Final = re.compile(r"""((?:"[^"]*"|'[^']*'|[\w.-])+)\s*=""")
KEY_PART: Final = re.compile(r""""([^"]*)"|'([^']*)'|([\w-]+)""")
OVERRIDE_FILE: Final = "--set"
NOT_INHERITED: Final = ("question", "about", "base", "headline")  # each scenario asks its own


class Origin(NamedTuple):
    """Where a key was written."""

    file: str
    line: int | None = None


class Layer(NamedTuple):
    """One file's keys, or the overrides given on the command line."""

    file: str
    data: dict[str, Any]
    lines: Mapping[KeyPath, int]


class Document(NamedTuple):
    """The merged keys of all layers. `whole` says that no layer is missing, so that an absent key is truly absent."""

    name: str
    file: str
    folder: Path
    data: dict[str, Any]
    origins: Mapping[KeyPath, Origin]
    problems: tuple[Problem, ...]
    whole: bool

    def origin(self, path: KeyPath) -> Origin:
        """Where a key, or the nearest table around it, was written."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.origins:
                return self.origins[path[:length]]
        return Origin(self.file)


def locate(name: str, folders: Iterable[Path], *, kind: str = "scenario") -> Path:
    """The file that a name means: a path, or a stem in one of the folders.

    Raises
    ------
    ScenarioError : there is no such file; the message names the nearest one
    """
    folders = tuple(dict.fromkeys(folders))
    paths = [folder / (name if is_path(name) else f"{name}.toml") for folder in folders]
    for path in paths:
        if path.is_file():
            return path
    stems = {path.stem for beside in {path.parent for path in paths} for path in beside.glob("*.toml")}
    raise ScenarioError(
        [Problem(name, "", "", f"an existing {kind}", nearest(Path(name).stem if is_path(name) else name, stems))]
    )


def locate_scenario(name: str) -> Path:
    """The scenario that a user names: a path from where they stand, or a stem in the scenarios folder."""
    return locate(name, [Path() if is_path(name) else scenarios_dir()])


def is_path(name: str) -> bool:
    """Whether a name means a file's path and not a stem."""
    return name.endswith(".toml") or "/" in name or "\\" in name


def read_layer(path: Path) -> Layer:
    """A file's keys and the line of each.

    Raises
    ------
    ScenarioError : the file cannot be read, or is no TOML
    """
    file = shown_path(path)
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise ScenarioError([Problem(file, "", "", "text in UTF-8")]) from None
    except OSError as error:
        raise ScenarioError([Problem(file, "", "", f"a readable file, got {error.strerror}")]) from None
    try:
        return Layer(file, parse_toml(text), key_lines(text))
    except tomllib.TOMLDecodeError as error:
        message, line = _toml_complaint(str(error), text)
        raise ScenarioError([Problem(file, "", "", f"valid TOML; {message}", line=line)]) from None


def parse_toml(text: str) -> dict[str, Any]:
    """TOML with exact numbers: 0.1 is one tenth, not the nearest float."""
    return tomllib.loads(text, parse_float=Decimal)


def read_document(path: Path, overrides: Layer | None = None) -> Document:
    """A scenario with everything it extends, and what was set on the command line laid over it."""
    layers, problems = _stack(path)
    own = [layer for layer in (*layers, overrides) if layer is not None]
    data, origins = merge_layers(own)
    return Document(path.stem, shown_path(path), path.parent, data, origins, tuple(problems), whole=not problems)


def merge_layers(layers: Iterable[Layer]) -> tuple[dict[str, Any], dict[KeyPath, Origin]]:
    """The keys of all layers, later ones over earlier ones, and where each was written."""
    data: dict[str, Any] = {}
    origins: dict[KeyPath, Origin] = {}
    for layer in layers:
        data = merge(data, layer.data)
        for key in walk(layer.data):
            line = next((layer.lines[key[:n]] for n in range(len(key), 0, -1) if key[:n] in layer.lines), None)
            origins[key] = Origin(layer.file, line)
            # A bare number replaces the value of a parameter, whose range may stand in another file.
            origins[(*key, "value")] = origins[key]
    return data, origins


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """One table laid over another.

    >>> merge({"a": {"x": 1, "y": 2}, "b": [1]}, {"a": {"y": 3}, "b": [2]})
    {'a': {'x': 1, 'y': 3}, 'b': [2]}
    >>> merge({"rate": {"value": 1, "range": [0, 2]}}, {"rate": 2})
    {'rate': {'value': 2, 'range': [0, 2]}}
    """
    return {**below, **{key: _merge_value(below.get(key), value) for key, value in above.items()}}


def walk(data: Mapping[str, Any] | list[Any], path: KeyPath = ()) -> Iterator[KeyPath]:
    """The path of every key, tables and rows included."""
    for key, value in data.items() if isinstance(data, Mapping) else enumerate(data):
        yield (*path, key)
        if isinstance(value, Mapping | list):
            yield from walk(value, (*path, key))


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line on which each key, table and row starts, as far as one can tell without parsing.

    A row is a line that begins with `{` inside an array. A key that is missed takes the line of the table around it.
    """
    lines: dict[KeyPath, int] = {}
    rows: Counter[KeyPath] = Counter()
    table: KeyPath = ()
    array: KeyPath = ()
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if match := ARRAY_HEADER.match(line):
            array = _key_parts(match[1])
            table = (*array, rows[array])
            rows[array] += 1
            lines[table] = number
        elif match := HEADER.match(line):
            table = _key_parts(match[1])
            lines.setdefault(table, number)
        elif line.startswith("{"):
            lines[(*array, rows[array])] = number
            rows[array] += 1
        elif match := KEY.match(line):
            array = (*table, *_key_parts(match[1]))
            lines[array] = number
    return lines


def override_layer(overrides: Mapping[str, Any] | Iterable[str]) -> Layer:
    """Overrides as a layer: `["gifting.intent=0.2"]`, or `{"gifting.intent": 0.2, "viewers": 100}`.

    Raises
    ------
    ScenarioError : an override is not KEY=VALUE
    """
    pairs = overrides.items() if isinstance(overrides, Mapping) else map(_parse_override, overrides)
    data: dict[str, Any] = {}
    for key, value in pairs:
        data = merge(data, _nested([part.strip("\"'") for part in key.split(".")], exact(value)))
    return Layer(OVERRIDE_FILE, data, {})


def exact(value: Any) -> Any:
    """Floats, in tables and rows too, as the decimals they print as."""
    match value:
        case float():
            return Decimal(repr(value))
        case Mapping():
            return {key: exact(item) for key, item in value.items()}
        case list() | tuple():
            return [exact(item) for item in value]
        case _:
            return value


def _stack(path: Path) -> tuple[list[Layer], list[Problem]]:
    """The layers from the farthest ancestor to the file itself, and what kept any of them from being read."""
    layers: list[Layer] = []
    chain: list[Path] = []
    while True:
        chain.append(path.resolve())
        try:
            layer = read_layer(path)
        except ScenarioError as error:
            return layers[::-1], list(error.problems)
        base = layer.data.pop("extends", None)
        if layers:
            for own in NOT_INHERITED:
                layer.data.pop(own, None)
        layers.append(layer)
        if base is None:
            return layers[::-1], []
        try:
            path = _locate_base(base, path)
        except ScenarioError as error:
            return layers[::-1], [_extends_problem(layer, base, "an existing scenario", error.problems[0].hint)]
        if path.resolve() in chain:
            names = " -> ".join(link.stem for link in (*chain, path))
            return layers[::-1], [_extends_problem(layer, base, "no scenario that extends this one", names)]


def _locate_base(base: object, path: Path) -> Path:
    if not isinstance(base, str):
        raise ScenarioError([Problem("", "", "", "", "a name in quotes")])
    return locate(base, [path.parent, scenarios_dir()])


def _extends_problem(layer: Layer, base: object, expected: str, hint: str) -> Problem:
    return Problem(layer.file, "extends", shown(base), expected, hint, layer.lines.get(("extends",)))


def _merge_value(below: Any, above: Any) -> Any:
    if isinstance(above, Mapping):
        return merge(below if isinstance(below, Mapping) else _as_table(below), above)
    if isinstance(below, Mapping) and "value" in below and _is_number(above):
        return {**below, "value": above}
    return above


def _as_table(below: Any) -> dict[str, Any]:
    return {"value": below} if _is_number(below) else {}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _key_parts(text: str) -> tuple[str, ...]:
    return tuple(next(part for part in parts if part) for parts in KEY_PART.findall(text))


def _nested(keys: list[str], value: Any) -> dict[str, Any]:
    for key in reversed(keys):
        value = {key: value}
    return value  # type: ignore[no-any-return]  # keys is never empty, so it has become a dict


def _parse_override(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ScenarioError([Problem(OVERRIDE_FILE, text, "", "KEY=VALUE, like gifting.intent=0.2")])
    try:
        return key.strip(), parse_toml(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()


def _toml_complaint(message: str, text: str) -> tuple[str, int]:
    """The parser's words and the line it means; "end of document" means the last one."""
    words, _, place = message.partition(" (at ")
    match = re.search(r"line (\d+)", place)
    return words[:1].lower() + words[1:], int(match[1]) if match else max(1, len(text.splitlines()))
