"""Scenarios from files: `load` for those who use one, `check` for those who write one.

>>> scenario = load("us-baseline", ["viewers=200", "gifting.intent=0.2"])
>>> scenario
<Scenario us-baseline viewers=200 days=7 seed=1>
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from sim.paths import scenarios_dir
from sim.scenario import rules
from sim.scenario.catalogs import Catalog, Catalogs, GiftCatalog, GoodCatalog, PackCatalog, RivalCatalog
from sim.scenario.convert import Conversion
from sim.scenario.files import (
    Document,
    Layer,
    exact,
    locate,
    locate_scenario,
    override_layer,
    read_document,
    read_layer,
)
from sim.scenario.problems import KeyPath, Problem, ScenarioError
from sim.scenario.types import Scenario, Settings

Overrides = Mapping[str, Any] | Iterable[str]

UNCHANGED: Final = "without interventions"  # a base: the scenario itself, were nothing to happen in it

CATALOG_TYPES: dict[str, type[Catalog]] = {
    "packs": PackCatalog,
    "gifts": GiftCatalog,
    "goods": GoodCatalog,
    "rivals": RivalCatalog,
}


OnNote = Callable[[Problem], None]


def load(name: str | Path, overrides: Overrides = (), on_note: OnNote = lambda _: None) -> Scenario:
    """A scenario by its stem or path, with some keys set otherwise.

    Parameters
    ----------
    name : the stem of a file in the scenarios folder, or the path of any file
    overrides : `["a.b=c", ...]` as on the command line, or `{"a.b": c, ...}`
    on_note : hears of what is worth knowing, and no problem

    Raises
    ------
    ScenarioError : the scenario or an override is wrong; the message has a line for each problem
    """
    scenario, problems = _read(name, overrides)
    if scenario is None:
        raise ScenarioError(problem for problem in _ordered(problems) if not problem.is_note)
    for note in _ordered(problems):
        on_note(note)
    return scenario


def load_base(name: str | Path, scenario: Scenario, overrides: Iterable[str] = ()) -> Scenario | None:
    """What a scenario is compared with, under the same overrides, for the same people and time; None where it has none.

    Parameters
    ----------
    name : by which the scenario was loaded
    overrides : with which it was

    Raises
    ------
    ScenarioError : the base is wrong, or an override is wrong in it
    """
    if scenario.base is None:
        return None
    if scenario.base == UNCHANGED:
        uneventful = load(name, [*overrides, "interventions=[]"])
        return msgspec.structs.replace(uneventful, name=f"{scenario.name} {UNCHANGED}", base=None)
    path = locate(scenario.base, [locate_scenario(str(name)).parent, scenarios_dir()])
    same = [f"days={scenario.days}", f"viewers={scenario.viewers}", f"start={scenario.start.isoformat()}"]
    return load(path, [*(override for override in overrides if override.partition("=")[0].strip() != "base"), *same])


def check(name: str | Path, overrides: Overrides = (), metric_names: rules.MetricNames | None = None) -> list[Problem]:
    """Every problem and note of a scenario or a catalogue, in the order of files and lines; empty when all is well.

    Parameters
    ----------
    name, overrides : as for `load`
    metric_names : the metrics in which an answer can be told, as `sim.metrics.metric_names` has them; unless given,
        a headline may be anything
    """
    try:
        path = locate_scenario(str(name))
        layer = read_layer(path)
        key = next((key for key in CATALOG_TYPES if key in layer.data), None)
        problems = _read_catalog(path, key).problems if key else _read(path, overrides, metric_names)[1]
    except ScenarioError as error:
        return list(error.problems)
    return _ordered(problems)


def from_plain(name: str, settings: Mapping[str, Any], catalogs: Mapping[str, Any]) -> Scenario:
    """A scenario from plain values: what `resolved` made of one.

    Raises
    ------
    ScenarioError : the values are no scenario
    """
    found, found_catalogs = (Conversion(_plain_document(name, data)) for data in (settings, catalogs))
    scenario = found.struct(Settings)
    built = found_catalogs.struct(Catalogs)
    rules.check_scenario(found, _region_names(settings))
    if not (found.whole and found_catalogs.whole):
        raise ScenarioError(problem for problem in found.problems + found_catalogs.problems if not problem.is_note)
    return _scenario(name, scenario, built)


def _ordered(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once, in the order of files and lines."""
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.file, problem.line or 0))


def _read(
    name: str | Path, overrides: Overrides, metric_names: rules.MetricNames | None = None
) -> tuple[Scenario | None, list[Problem]]:
    """The scenario, if nothing is wrong, and all that was found."""
    try:
        layer = override_layer(overrides)
        document = read_document(locate_scenario(str(name)), layer)
    except ScenarioError as error:
        return None, list(error.problems)
    found = Conversion(document)
    settings = found.struct(Settings)
    regions = _region_names(document.data)
    rules.check_scenario(found, regions)
    if metric_names is not None:
        rules.check_headline(found, metric_names)
    _check_base(found, document, layer)
    read = _read_catalogs(found, document.folder, regions)
    rules.check_currencies(found, read, regions)
    rules.check_pack_names(found, read)
    rules.check_rival(found, read)
    rules.check_categories(found, read)
    if not found.whole:
        return None, found.problems
    return _scenario(document.name, settings, _catalogs(settings, read)), found.problems


def _check_base(found: Conversion, document: Document, overrides: Layer) -> None:
    """The scenario to compare with is there, and is another one; note where its money or its time is another."""
    name = found.values.get(("base",))
    if not name or name == UNCHANGED:
        return
    try:
        path = locate(name, [document.folder, scenarios_dir()])
    except ScenarioError as error:
        found.report(("base",), name, "an existing scenario", error.problems[0].hint)
        return
    if path.stem == document.name:
        found.report(("base",), name, f"another scenario than this one, or {UNCHANGED!r}")
        return
    base = Conversion(read_document(path, overrides))
    base.struct(Settings)
    rules.check_base(found, base)


def _scenario(name: str, settings: Settings, catalogs: Catalogs) -> Scenario:
    """A region in which nobody lives, like one of an extended scenario that was set to 0, is not there."""
    fields = {key: getattr(settings, key) for key in Settings.__struct_fields__}
    regions = fields["regions"] = {code: region for code, region in settings.regions.items() if region.share.value}
    packs = {region.packs: catalogs.packs[region.packs] for region in regions.values()}
    goods = {region.goods: catalogs.goods[region.goods] for region in regions.values()}
    used = msgspec.structs.replace(catalogs, packs=packs, goods=goods)
    return Scenario(**fields, name=name, catalogs=used)


def _region_names(data: Mapping[str, Any]) -> tuple[str, ...]:
    regions = data.get("regions")
    return tuple(regions) if isinstance(regions, Mapping) else ()


def _read_catalogs(found: Conversion, folder: Path, regions: Iterable[str]) -> dict[tuple[str, str], Conversion]:
    """Every catalogue that the scenario names, by the key of its rows and its name; its problems join the others."""
    places: dict[KeyPath, str] = {("regions", region, key): key for region in regions for key in ("packs", "goods")}
    places |= {("gifting", "catalog"): "gifts", ("rival", "catalog"): "rivals"}
    read: dict[tuple[str, str], Conversion] = {}
    for place, key in places.items():
        name = found.values.get(place)
        if name is None or (key, name) in read:
            continue
        try:
            path = locate(name, [folder / "catalogs", scenarios_dir() / "catalogs"], kind="catalogue")
        except ScenarioError as error:
            found.report(place, name, "an existing catalogue", error.problems[0].hint)
            continue
        try:
            read[key, name] = _read_catalog(path, key)
        except ScenarioError as error:
            found.problems += error.problems
            continue
        found.problems += read[key, name].problems
    return read


def _read_catalog(path: Path, key: str) -> Conversion:
    """A catalogue of the kind that holds `key`, as far as it is well formed.

    Raises
    ------
    ScenarioError : it can't be read
    """
    found = Conversion(read_document(path))
    found.struct(CATALOG_TYPES[key])
    rules.check_catalog(found, key)
    return found


def _catalogs(settings: Settings, read: Mapping[tuple[str, str], Conversion]) -> Catalogs:
    """The catalogues themselves, once nothing is wrong with any."""
    tables = {place: found.tables[()] for place, found in read.items()}
    return Catalogs(
        packs={name: table for (key, name), table in tables.items() if key == "packs"},
        gifts=tables["gifts", settings.gifting.catalog],
        goods={name: table for (key, name), table in tables.items() if key == "goods"},
        rivals=tables["rivals", settings.rival.catalog],
    )


def _plain_document(name: str, data: Mapping[str, Any]) -> Document:
    return Document(name, name, Path(), exact(data), {}, (), whole=True)
