"""The rules of the house: imports run one way, the top level stays, no file names a machine, pins are whole."""

import ast
import functools
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import grimp
import pytest
from hatchling.builders.wheel import WheelBuilder
from importlinter import api, cli
from packaging.requirements import Requirement

from sim.compiled import WITHOUT_RULES

ROOT = Path(__file__).parent.parent
TOP_LEVEL = {"pyproject.toml", "README.md", "LICENSE", "sim", "scenarios", "loadtests", "results", "tests"}
USED_BY_LOADTESTS = {"sim.files", "sim.ledger", "sim.paths", "sim.runs", "sim.scenario", "sim.tables", "sim.trace"}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
VERSION = PYPROJECT["project"]["version"]

# A path in a home folder or a workplace, or the host of a registry; split so that this line is not one itself.
FOLDERS = r"(?<![\w.:/-])/(?:home|root|Users|work|farm|tmp/venv)/[\w.]"
HOSTS = r"\b(?:py(?:pi)\.org|python(?:hosted)\.org|npm(?:js)\.\w|deb\.(?:debian)\.org)"
MACHINE = re.compile(f"{FOLDERS}|{HOSTS}")


@functools.cache
def tracked() -> list[Path]:
    """What is in version control, or would be added to it."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("needs a git checkout: the rule is about what is in version control")
    return [path for name in sorted(set(done.stdout.split("\0")) - {""}) if (path := ROOT / name).is_file()]


@functools.cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("sim", "loadtests", include_external_packages=True, cache_dir=None)


def imported(importer: str) -> set[tuple[str, str]]:
    """Who imports what, for the modules of one package."""
    graph = imports()
    members = {importer} | graph.find_descendants(importer)
    return {(module, found) for module in members for found in graph.find_modules_directly_imported_by(module)}


def inside(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def readme_command(mark: str) -> str:
    block = rf"^<!-- command: {mark} -->\n```sh\n(.*?)^```$"
    found = re.search(block, (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no block marked {mark}"
    return found[1]


def pins(name: str) -> dict[str, str]:
    """The lines of a requirements file by distribution, each with its hashes."""
    text = re.sub(r"^ *#.*\n", "", (ROOT / ".requirements" / name).read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return {re.split(r"==| @", line)[0]: line for line in lines if line.strip()}


def test_imports_run_one_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers and homes, as the contracts in pyproject.toml say."""
    monkeypatch.chdir(ROOT)
    assert cli.lint_imports(config_filename="pyproject.toml", no_cache=True) == cli.EXIT_STATUS_SUCCESS


def test_import_contracts_are_read() -> None:
    """The configuration above is the one that holds contracts."""
    assert len(api.read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]) >= 6


def test_load_tests_use_little_of_the_simulator() -> None:
    """loadtests knows the vocabulary and the files, never the model."""
    others = {
        (module, found)
        for module, found in imported("loadtests")
        if inside(found, "sim") and not any(inside(found, used) for used in USED_BY_LOADTESTS)
    }
    assert others == set()


def test_vocabulary_uses_the_standard_library_only() -> None:
    outside = {
        (module, found)
        for module, found in imported("sim.ledger")
        if not inside(found, "sim.ledger") and found.split(".")[0] not in sys.stdlib_module_names
    }
    assert outside == set()


def test_layers_that_do_not_count_for_the_compilers_cache_hold_no_rules() -> None:
    for layer in WITHOUT_RULES:
        assert not {importer for importer, found in imported(f"sim.{layer}") if found in ("sim.compiled", "numba")}


def test_package_imports_nothing() -> None:
    """`import sim` is free, and so is the first half of `import sim.ledger`."""
    tree = ast.parse((ROOT / "sim" / "__init__.py").read_text())
    assert [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)] == []


def test_top_level_stays_as_it_is() -> None:
    entries = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {entry for entry in entries if not entry.startswith(".")} <= TOP_LEVEL


def test_tests_are_flat() -> None:
    files = [path.relative_to(ROOT) for path in tracked() if inside_folder(path, "tests") and path.suffix == ".py"]
    assert [path for path in files if len(path.parts) > 2 or path.name == "__init__.py"] == []


def inside_folder(path: Path, folder: str) -> bool:
    return path.relative_to(ROOT).parts[0] == folder


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("see /home/ann/notes", True),
        ('PYTHONPATH="/root/.cache/x"', True),
        ("https://" + "pypi" + ".org/simple", True),
        ("https://files." + "python" + "hosted.org/x", True),
        ("http://127.0.0.1/home/page", False),
        ("results/work/notes", False),
    ],
)
def test_machine_pattern(text: str, is_named: bool) -> None:
    """The next test can fail: its pattern finds what it is about, and lets addresses of pages be."""
    assert bool(MACHINE.search(text)) is is_named


def test_no_file_names_a_machine() -> None:
    """What is committed works anywhere: no path of the machine it was written on, no host of a registry."""
    named = []
    for path in tracked():
        for number, line in enumerate(path.read_bytes().decode(errors="ignore").splitlines(), 1):
            if path.name != Path(__file__).name and MACHINE.search(line):
                named.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert named == []


def test_ci_runs_the_command_of_the_readme() -> None:
    assert (ROOT / ".ci" / "run").read_text().endswith(f"\n{readme_command('test')}")


def test_commands_of_the_readme_share_one_environment() -> None:
    run, test = (readme_command(mark).splitlines() for mark in ("run", "test"))
    assert run[0] == test[0]
    assert run[2] == test[2]
    assert run[1].replace("run.txt", "test.txt") == test[1]


@pytest.mark.parametrize(("name", "groups"), [("run.txt", ()), ("test.txt", ("test",))], ids=["run", "test"])
def test_pins_are_current_and_hashed(name: str, groups: tuple[str, ...]) -> None:
    """Each dependency has a pin that satisfies it; each pin has a hash and no address. Else: .requirements/compile."""
    project = PYPROJECT["project"]
    wanted = [*PYPROJECT["build-system"]["requires"], *project["dependencies"]]
    wanted += [line for group in groups for line in project["optional-dependencies"][group]]
    pinned = pins(name)
    for requirement in map(Requirement, wanted):
        version = re.match(r"[\w.-]+==(\S+)", pinned[requirement.name])
        assert version, requirement
        assert version[1] in requirement.specifier, requirement
    assert [line for line in pinned.values() if "--hash=sha256:" not in line or "://" in line] == []


def test_both_sets_of_pins_agree() -> None:
    run, test = pins("run.txt"), pins("test.txt")
    assert {name: test.get(name) for name in run} == run


def test_a_wheel_carries_the_scenarios(tmp_path: Path) -> None:
    """An installed coinworks finds them inside its package, catalogues included, and nothing else of the top level."""
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    names = set(zipfile.ZipFile(wheel).namelist())
    data = {path.relative_to(ROOT).as_posix() for path in (ROOT / "scenarios").rglob("*.toml")}
    assert {f"sim/_{name}" for name in data} <= names
    assert {name.split("/")[0] for name in names} == {"sim", "loadtests", f"coinworks-{VERSION}.dist-info"}
