"""Saving: columns as named arrays, and back.

    arrays = flat("shard", viewers)           # {'shard.lots.left': array([...]), ...}
    viewers = filled("shard", viewers, arrays)

Only arrays and numbers are kept, so a file of them needs no code to be read, and none is run by reading it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from sim.agents.stage import FlashTerms, Stage, Storm, rewards_of
from sim.agents.terms import packs_on_sale
from sim.behavior.fraud import Ring
from sim.behavior.reward import RewardOffer
from sim.behavior.rival import RivalOffer
from sim.behavior.voucher import Campaign
from sim.scenario import Scenario

Arrays = dict[str, npt.NDArray[Any]]
_Columns = TypeVar("_Columns")


def flat(name: str, columns: Any) -> Arrays:
    """Every array inside nested tuples of columns, by its path; a copy."""
    return {path: np.array(leaf) for path, leaf in _leaves(name, columns)}


def filled(name: str, like: _Columns, arrays: Mapping[str, npt.NDArray[Any]]) -> _Columns:
    """Columns of the same build as `like`, with the arrays kept under a name."""
    if isinstance(like, np.ndarray):
        kind = like.dtype  # a file tells no alignment, by which compiled code tells its types apart
        return arrays[name].copy().view(kind)  # type: ignore[return-value]  # an array like the one given
    if isinstance(like, tuple):
        fields = like._fields if hasattr(like, "_fields") else range(len(like))
        parts = (filled(f"{name}.{field}", part, arrays) for field, part in zip(fields, like, strict=True))
        return type(like)(*parts) if hasattr(like, "_fields") else type(like)(parts)
    return type(like)(arrays[name].item())  # type: ignore[call-arg]  # a plain number


def part_of(name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, Any]:
    """The arrays under `name/`, and the single numbers as such."""
    begin = f"{name}/"
    mine = {path.removeprefix(begin): column for path, column in arrays.items() if path.startswith(begin)}
    return {path: column if column.ndim else column.item() for path, column in mine.items()}


def state_of_stage(stage: Stage) -> Arrays:
    """What interventions have changed, and what was counted."""
    packs = [flat(f"packs.{region}", of_region) for region, of_region in stage.packs.items()]
    arrays = {path: column for part in packs for path, column in part.items()}
    arrays |= {f"diamond_value.{region}": np.array(ppm) for region, ppm in stage.diamond_value_ppm.items()}
    regions = list(stage.scenario.regions)
    storms = [(regions.index(region), rank, *storm) for (region, rank), storm in stage.storms.items()]
    arrays["storms"] = np.array(storms, np.int64).reshape(-1, 2 + len(Storm._fields))
    arrays |= {f"elsewhere.{name}": column for name, column in stage.elsewhere.state().items()}
    arrays |= flat("rival", stage.rival) | flat("ring", stage.ring) | flat("commerce", stage.commerce)
    arrays |= {f"balance_share.{region}": np.array(share) for region, share in stage.balance_share.items()}
    flash = [(regions.index(region), *terms) for region, terms in stage.flash.items()]
    arrays["flash"] = np.array(flash, np.int64).reshape(-1, 1 + len(FlashTerms._fields))
    arrays |= {f"supply.{name}": column for name, column in stage.supply.state().items()}
    arrays |= {f"campaign.{region}": np.array(campaign) for region, campaign in stage.campaigns.items()}
    return arrays | {f"rewards.{region}": np.array(offer) for region, offer in stage.rewards.items()}


def restore_stage(stage: Stage, state: Mapping[str, Any], past: Scenario) -> None:
    """What interventions had changed; rewards that this scenario states otherwise than the past's are the new ones."""
    stage.packs = {name: filled(f"packs.{name}", packs_on_sale(past, name), state) for name in past.regions}
    now, then = rewards_of(stage.scenario), rewards_of(past)
    for name in past.regions:
        held = zip(now, then, state[f"rewards.{name}"].tolist(), strict=True)
        stage.rewards[name] = RewardOffer(*(old if new == stated else new for new, stated, old in held))
        stage.campaigns[name] = Campaign(*state[f"campaign.{name}"].tolist())
    stage.supply.restore({name: state[f"supply.{name}"] for name in ("live", "pull")})
    stage.commerce = filled("commerce", stage.commerce, state)
    stage.rival = RivalOffer(*(float(state[f"rival.{name}"]) for name in RivalOffer._fields))
    stage.ring = Ring(float(state["ring.share"]), int(state["ring.creator"]), int(state["ring.packs"]))
    stage.balance_share = {region: float(state[f"balance_share.{region}"]) for region in past.regions}
    regions = list(stage.scenario.regions)
    stage.storms = {(regions[region], rank): Storm(*told) for region, rank, *told in state["storms"].tolist()}
    if stage.scenario.creators.diamond_value_cents.value == past.creators.diamond_value_cents.value:
        stage.diamond_value_ppm = {region: state[f"diamond_value.{region}"] for region in regions}
    stage.flash = {
        regions[region]: FlashTerms(discount, interest, pieces, bool(begun))
        for region, discount, interest, pieces, begun in state["flash"].tolist()
    }
    stage.elsewhere.restore({name: state[f"elsewhere.{name}"] for name in ("steps", "cells")})


def _leaves(name: str, columns: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(columns, tuple):
        yield name, columns
        return
    fields = columns._fields if hasattr(columns, "_fields") else range(len(columns))
    for field, part in zip(fields, columns, strict=True):
        yield from _leaves(f"{name}.{field}", part)
