"""What every intervention has: when it holds, where, and how sure it is to come."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, ClassVar, Final

import msgspec

from sim.scenario.quantity import Days, Parameter, Share

CERTAIN: Final = Parameter(value=Decimal(1))
AT_ONCE: Final = Parameter(value=Decimal(0))


class Intervention(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", kw_only=True):
    """A dated change. It holds from the first window boundary at or after `at` to that of `until`.

    Attributes
    ----------
    lasts : whether it changes something for a while; what happens once has no `until`
    regional : whether it can be of a single region
    is_crowd : whether it is a crowd's moment, of which no part can be spared
    target_keys : the keys that say what it changes, among the things that its kind may change
    """

    at: Annotated[datetime, "from when it holds"]
    until: Annotated[datetime | None, "until when, and then what it changed goes back"] = None
    region: Annotated[str | None, "where, else everywhere"] = None
    chance: Annotated[Share, "by which it comes at all"] = CERTAIN
    delay_days: Annotated[Days, "by which it comes late in the mean, without memory"] = AT_ONCE

    lasts: ClassVar[bool] = True
    regional: ClassVar[bool] = True
    is_crowd: ClassVar[bool] = False
    target_keys: ClassVar[tuple[str, ...]] = ()

    @property
    def kind(self) -> str:
        """The word by which a scenario names it."""
        return str(self.__struct_config__.tag)

    @property
    def target(self) -> tuple[str, ...]:
        """What those keys say; of two for one target the later holds."""
        return tuple(str(getattr(self, key)) for key in self.target_keys)

    @property
    def lacks(self) -> str:
        """What of its own must be said and isn't."""
        return ""

    @property
    def silences(self) -> frozenset[str]:
        """The kinds that change nothing where and while this one holds."""
        return frozenset()

    @property
    def text(self) -> str:
        """A few words for a date on a time axis."""
        return self.kind.replace("_", " ")
