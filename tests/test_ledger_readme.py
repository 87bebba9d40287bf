"""The ledger's README says what the code does: its example runs, its tables are complete and in order."""

import doctest
import re
from pathlib import Path

import sim.ledger
from sim.ledger import AccountClass, Op, Outcome
from sim.ledger.terms import MEANINGS

README = Path(sim.ledger.__file__).with_name("README.md")


def table(heading: str) -> list[list[str]]:
    """The rows of the first table under a heading."""
    section = README.read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_the_example_runs():
    blocks = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    example = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, README.name, str(README), 0)
    assert len(example.examples) >= 10
    assert doctest.DocTestRunner().run(example).failed == 0


def test_the_chart_of_accounts_is_complete():
    assert [row[0] for row in table("Chart of accounts")] == [klass.name.lower() for klass in AccountClass]


def test_every_operation_is_described():
    named = [name for row in table("Operations") for name in row[0].split(", ")]
    assert list(dict.fromkeys(named)) == [op.code for op in Op]


def test_declines_are_outcomes_and_all_are_named():
    named = {code for row in table("Operations") for code in re.findall(r"[a-z_]+", row[4])}
    assert named == {outcome.code for outcome in Outcome} - {"accepted"}


def test_outcomes_are_in_order():
    assert [(row[0], int(row[1])) for row in table("Outcomes")] == [(outcome.code, int(outcome)) for outcome in Outcome]


def test_the_terms_are_the_ones_that_hold():
    stated = [tuple(row[:4]) for row in table("Terms")]
    assert stated == [
        (rule.code, str(int(rule)), meaning.unit, meaning.per.value) for rule, meaning in MEANINGS.items()
    ]
