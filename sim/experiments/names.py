"""Names that a user got wrong: the nearest ones there are.

>>> nearest("metric", "boking", ["bookings", "gmv"])
"metric 'boking': expected one like bookings; see all with: coinworks metrics"
"""

import difflib
from collections.abc import Iterable
from typing import Final

SEE: Final = {"metric": "coinworks metrics"}
CLOSE: Final = 0.5


def nearest(kind: str, name: str, known: Iterable[str]) -> str:
    """What is wrong with a name, and what it may have been."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=CLOSE) or [one for one in known if name in one][:3]
    expected = f"expected one like {', '.join(near)}" if near else f"there is none like it among {len(known)}"
    see = f"; see all with: {SEE[kind]}" if kind in SEE else ""
    return f"{kind} {name!r}: {expected}{see}"
