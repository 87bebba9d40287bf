"""Effects: what an intervention changes when it begins, and what it puts back when it ends.

`begin` is called where the intervention holds; `end` where it has ended and no earlier one of its kind holds any more.
Both set what they set as a whole, so that nothing need be remembered between them.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from sim.agents.stage import Stage
from sim.ledger import CURRENCY_BY_NAME, REGION_BY_NAME, Op, Rule
from sim.ledger.accounts import NOBODY

Change = Callable[[Stage, str, Any], None]  # the stage, a region's name, the intervention


class Effect(NamedTuple):
    """How to carry out a kind of intervention in a region (`""` if the kind isn't regional)."""

    begin: Change
    end: Change


def state_policy(stage: Stage, rule: Rule, region: str, amount: int, **scope: int) -> None:
    """Let a policy say `amount` in a region from this boundary on."""
    stage.propose(Op.POLICY, NOBODY, peer=rule, amount=amount, region=REGION_BY_NAME[region], **scope)


def currency_of(stage: Stage, region: str) -> int:
    """The code of a region's currency."""
    return CURRENCY_BY_NAME[stage.scenario.regions[region].currency].code
