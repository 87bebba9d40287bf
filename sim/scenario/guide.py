"""The tables of scenarios/README.md and of sim/README.md, made from the types and files they describe.

    python -m sim.scenario.guide

writes them anew between their markers; a test fails while they are out of date.
"""

import typing
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from sim.paths import results_dir, scenarios_dir
from sim.scenario.convert import Field, fields_of, is_struct
from sim.scenario.files import parse_toml, read_document
from sim.scenario.interventions import AnyIntervention, Intervention
from sim.scenario.load import load
from sim.scenario.problems import shown
from sim.scenario.quantity import Parameter
from sim.scenario.schema import first_line
from sim.scenario.symbols import SYMBOLS
from sim.scenario.types import Scenario, Season, Settings

BASE: Final = "us-baseline"
READMES: Final = (scenarios_dir() / "README.md", Path(__file__).parents[1] / "README.md")


def filled_in(text: str) -> str:
    """A README with every generated table that it marks as it should be."""
    for name, table in tables().items():
        before, opening, rest = text.partition(f"<!-- {name} -->\n")
        if not opening:
            continue
        _, closing, after = rest.partition(f"\n<!-- end of {name} -->")
        text = f"{before}{opening}\n{table}\n{closing}{after}"
    return text


def tables() -> dict[str, str]:
    """The generated tables by the name of their marker."""
    return {
        "scenarios": scenario_table(),
        "catalogues": catalog_table(),
        "calendar": _markdown(["key", "meaning"], [[f"`{field.name}`", field.meaning] for field in fields_of(Season)]),
        "interventions": intervention_table(),
        "parameters": parameter_tables(load(BASE)),
        "symbols": symbol_table(load(BASE)),
    }


def scenario_table() -> str:
    """A row for each scenario: its question and answer, length, people and changes."""
    rows, answers = [], kept_answers()
    for path in sorted(scenarios_dir().glob("*.toml")):
        scenario = load(path)
        changes = ", ".join(change.kind for change in scenario.interventions) or "none"
        rows.append(
            [
                f"`{path.stem}`",
                scenario.question,
                answers.get(path.stem, ""),
                f"{scenario.days}",
                f"{scenario.viewers:,}",
                changes,
            ]
        )
    return _markdown(["scenario", "question", "answer", "days", "viewers", "interventions"], rows)


def kept_answers() -> dict[str, str]:
    """The sentences that `coinworks headlines` keeps, by scenario; none in an installed wheel."""
    kept = results_dir() / "economy" / "headlines.json"
    told = msgspec.json.decode(kept.read_bytes())["scenarios"] if kept.is_file() else {}
    return {name: headline["text"] for name, headline in told.items()}


def catalog_table() -> str:
    """A row for each catalogue: what it is, how long, after which sources."""
    rows = []
    for path in sorted((scenarios_dir() / "catalogs").glob("*.toml")):
        data = parse_toml(path.read_text("utf-8"))
        key = next(key for key in ("packs", "gifts", "goods", "rivals") if key in data)
        sources = ", ".join(sorted(set(source_ids(data))))
        rows.append([f"`{path.stem}`", data["about"], f"{len(data[key])} {key}", sources])
    return _markdown(["catalogue", "what it is", "rows", "sources"], rows)


def intervention_table() -> str:
    """A row for each kind of intervention: its own keys, and what it does."""
    rows = [["any", _keys(fields_of(Intervention)), first_line(Intervention)]]
    for kind in typing.get_args(AnyIntervention):
        own = [field for field in fields_of(kind) if field not in fields_of(Intervention)]
        rows.append([f"`{kind.__struct_config__.tag}`", _keys(own), first_line(kind)])
    return _markdown(["intervention", "keys", "what it does"], rows)


def _keys(fields: Iterable[Field]) -> str:
    return "; ".join(f"`{field.name}`: {field.meaning}" for field in fields)


def parameter_tables(scenario: Scenario) -> str:
    """For each table of a scenario what its numbers mean, are, may be, and rest on."""
    parts = []
    for name, struct, table in _sections(scenario):
        rows = [_row(field, getattr(table, field.name)) for field in fields_of(struct)]
        header = ["key", "meaning", "unit", "default", "range", "source", "basis"]
        parts.append(f"**`[{name}]`** {first_line(struct)}\n\n{_markdown(header, rows)}")
    return "\n\n".join(parts)


def symbol_table(scenario: Scenario) -> str:
    """A row for each parameter: its symbol, name in code, unit, default, sources, and what it rests on."""
    rows = []
    for name, struct, table in _sections(scenario):
        symbols = SYMBOLS[name.partition(".")[0]]
        for field in fields_of(struct):
            value = getattr(table, field.name)
            if isinstance(value, Parameter):
                unit = field.quantity.unit if field.quantity else ""
                code = f"`{name}.{field.name}`"
                rows.append([symbols[field.name], code, unit, f"{value.value}", value.source, value.basis])
    return _markdown(["symbol", "name in code", "unit", "default", "source", "basis"], rows)


def source_ids(data: Any) -> Iterator[str]:
    """Every source id in a file's keys."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from value.split(", ") if key == "source" and value else source_ids(value)
    elif isinstance(data, list):
        for item in data:
            yield from source_ids(item)


def all_source_ids() -> set[str]:
    """Every source id that a scenario or a catalogue cites."""
    return {source for path in scenarios_dir().rglob("*.toml") for source in source_ids(read_document(path).data)}


def _sections(scenario: Scenario) -> Iterator[tuple[str, type[msgspec.Struct], msgspec.Struct]]:
    for name, region in scenario.regions.items():
        yield f"regions.{name}", type(region), region
    for field in fields_of(Settings):
        if is_struct(field.type):
            yield field.name, field.type, getattr(scenario, field.name)


def _row(field: Field, value: Any) -> list[str]:
    unit = field.quantity.unit if field.quantity else ""
    if isinstance(value, Parameter):
        limits = "" if value.low is None else f"{value.low} to {value.high}"
        return [f"`{field.name}`", field.meaning, unit, f"{value.value}", limits, value.source, value.basis]
    default = shown(value) if isinstance(value, str) else f"{len(value)} entries"
    return [f"`{field.name}`", field.meaning, unit, default, "", "", ""]


def _markdown(header: list[str], rows: Iterable[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Bring the READMEs up to date."""
    for readme in READMES:
        readme.write_text(filled_in(readme.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
