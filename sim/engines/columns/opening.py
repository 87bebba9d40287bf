"""The opening: every policy of the scenario, then an account for everyone, as blocks of rows."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sim.agents.stage import Act
from sim.engines.columns.rows import NO_ROWS, ROW, Structs
from sim.ledger import Kind, Op, account_id
from sim.ledger.accounts import NOBODY
from sim.ledger.operations import NO_ITEM, NO_REF

_DEFAULTS: Final = {"peer": NOBODY, "item": NO_ITEM, "makes": NO_REF, "refers": NO_REF}


def policies(acts: Sequence[Act], at_us: int, region_of: Callable[[int], int]) -> Structs:
    """Policies as rows; `region_of` tells the region of the account that one is about."""
    if not acts:
        return NO_ROWS
    columns = {
        name: [getattr(act, name) for act in acts]
        for name in ("op", "actor", "peer", "item", "amount", "currency", "region")
    }
    return _rows(len(acts), at_us=at_us, actor_region=[region_of(act.actor) for act in acts], **columns)


def opened(
    kind: Kind, begin: int, regions: npt.NDArray[np.uint16], items: npt.NDArray[np.int32] | int = NO_ITEM
) -> Structs:
    """Accounts of a kind, numbered from `begin`, in these regions, with what their openings say."""
    accounts = account_id(kind, begin) + np.arange(len(regions))
    return _rows(len(regions), op=Op.OPEN, actor=accounts, item=items, region=regions, actor_region=regions)


def _rows(n: int, **given: Any) -> Structs:
    rows = np.zeros(n, ROW)
    for name, values in (_DEFAULTS | given).items():
        rows[name] = values
    return rows
