"""The compiler's cache: a folder for these very sources, tidy, and never in the way."""

import os
import subprocess
import sys
import time

import pytest

from sim.compiled import STALE_AFTER_S, WITHOUT_RULES, cache_folder, rule, sources_hash


@pytest.fixture
def package(tmp_path):
    package = tmp_path / "package"
    (package / "inner").mkdir(parents=True)
    (package / "rule.py").write_text("A = 1\n")
    (package / "inner" / "rule.py").write_text("B = 2\n")
    return package


def test_an_edit_a_move_and_a_new_file_each_change_the_hash(package):
    hashes = [sources_hash(package)]
    (package / "inner" / "rule.py").write_text("B = 3\n")
    hashes.append(sources_hash(package))
    (package / "inner" / "rule.py").rename(package / "inner" / "other.py")
    hashes.append(sources_hash(package))
    (package / "new.py").touch()
    hashes.append(sources_hash(package))
    assert len(set(hashes)) == 4


def test_what_is_no_source_does_not_change_the_hash(package):
    before = sources_hash(package)
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "rule.pyc").write_bytes(b"compiled")
    assert sources_hash(package) == before


@pytest.mark.parametrize("layer", WITHOUT_RULES)
def test_what_holds_no_rule_does_not_change_the_hash(package, layer):
    before = sources_hash(package)
    (package / layer).mkdir()
    (package / layer / "verb.py").write_text("C = 3\n")
    assert sources_hash(package) == before


def test_only_folders_unused_for_a_month_are_removed(package, tmp_path):
    siblings = tmp_path / "caches" / "coinworks" / "numba"
    ages_s = {"fresh": 0, "recent": STALE_AFTER_S - 3_600, "stale": STALE_AFTER_S + 3_600, sources_hash(package): 10**8}
    for name, age_s in ages_s.items():
        (siblings / name).mkdir(parents=True)
        os.utime(siblings / name, (time.time() - age_s,) * 2)
    folder = cache_folder(package, tmp_path / "caches")
    assert folder == siblings / sources_hash(package)
    assert {path.name for path in siblings.iterdir()} == {"fresh", "recent", sources_hash(package)}
    assert time.time() - folder.stat().st_mtime < 60, "in use, so not stale for another month"


def test_a_place_that_cannot_be_written_gives_a_private_temporary_folder(package, tmp_path):
    (tmp_path / "file").touch()
    folder = cache_folder(package, tmp_path / "file")
    try:
        assert folder.is_dir()
        assert folder.stat().st_mode & 0o077 == 0
    finally:
        folder.rmdir()


def cache_dir_of_a_new_process(**settings: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"} | settings
    code = "import sim.compiled, numba; print(numba.config.CACHE_DIR)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_numba_uses_the_users_caches_unless_told_otherwise(tmp_path):
    found = cache_dir_of_a_new_process(XDG_CACHE_HOME=str(tmp_path))
    assert found.startswith(str(tmp_path / "coinworks" / "numba"))
    assert cache_dir_of_a_new_process(NUMBA_CACHE_DIR=str(tmp_path / "mine")) == str(tmp_path / "mine")


@rule
def quotient(a: float, b: float) -> float:
    return a / b


@rule
def there_and_back(a: float, b: float) -> float:
    return (a + b) - b


def test_a_rule_computes_what_python_does():
    with pytest.raises(ZeroDivisionError):
        quotient(1.0, 0.0)
    assert there_and_back(1.0, 1e17) == 0.0, "regrouped, it would be 1"


def test_rules_run_without_linear_algebra_which_others_can_still_load():
    program = """
import sys
from sim.behavior.delay import around
around(7, 1.0)
assert "scipy.linalg" not in sys.modules
import scipy.linalg
assert scipy.linalg.det([[2.0]]) == 2.0
"""
    subprocess.run([sys.executable, "-c", program], check=True)
