"""The metrics' definitions, and `coinworks metrics`, which shows them."""

import json
import re

import pytest

from sim.cli.group import execute
from sim.metrics.definitions import METRIC, METRICS

UNITS = {"money", "share", "index", "coins", "days", "viewers", "creators", "sellers", "topups", "gifts", "orders"}


def test_each_metric_has_its_own_name_and_says_everything() -> None:
    assert len(METRIC) == len(METRICS)
    for metric in METRICS:
        assert re.fullmatch(r"[a-z_]+", metric.name)
        assert metric.unit in UNITS, metric
        assert metric.title, metric
        assert metric.formula, metric
        assert metric.definition.endswith("."), metric


def test_a_formula_that_names_metrics_names_known_ones() -> None:
    """A word with an underscore in a formula is a metric: a renamed one is noticed."""
    words = {word for metric in METRICS for word in re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", metric.formula)}
    assert words <= set(METRIC)
    assert "coin_margin" in words


def test_metrics_lists_all_with_unit_and_formula(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["metrics", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in told] == list(METRIC)
    assert told[0].keys() >= {"name", "unit", "title", "formula", "definition"}
    assert execute(["metrics"]) == 0
    out = capsys.readouterr().out
    assert all(re.search(rf"^  {name}  +{metric.unit}  ", out, re.MULTILINE) for name, metric in METRIC.items())


def test_words_narrow_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["metrics", "TAKE_RATE", "Gini", "--json"]) == 0
    names = [row["name"] for row in json.loads(capsys.readouterr().out)]
    assert names == [name for name in METRIC if "gini" in name or "take_rate" in name]
    assert execute(["metrics", "xyzzy"]) == 1
    unknown = f"there is none like it among {len(METRIC)}"
    assert capsys.readouterr().err == f"coinworks: metric 'xyzzy': {unknown}; see all with: coinworks metrics\n"
    assert execute(["metrics", "boking"]) == 1
    assert "'boking': expected one like bookings" in capsys.readouterr().err
