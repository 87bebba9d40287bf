"""Validation: the model's moments beside the world's.

    rows = validate(executor=executor)
    [(row.target.fact, row.place, row.value, row.verdict) for row in rows]

Each target of `targets.toml` is held against every place. A fact is judged where its people live; elsewhere the
model's number stands beside it and the verdict is "not measured here". What agrees because a parameter was chosen so
(`fits`) is no evidence; what agrees without is.
"""

from sim.experiments.validation.places import PLACES, PUBLISHED, Size, validate
from sim.experiments.validation.targets import Target, targets
from sim.experiments.validation.verdicts import DISPUTED, ELSEWHERE, INSIDE, OUTSIDE, Row, judge

__all__ = [
    "DISPUTED",
    "ELSEWHERE",
    "INSIDE",
    "OUTSIDE",
    "PLACES",
    "PUBLISHED",
    "Row",
    "Size",
    "Target",
    "judge",
    "targets",
    "validate",
]
