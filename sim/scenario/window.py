"""Windows as people write them: "15min", "10s", "1h"."""

import re
from typing import Final

UNIT_US: Final = {"s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000}
WINDOW_EXPECTED: Final = 'a whole number of s, min or h that divides a day, like "15min"'


def window_us(text: str) -> int:
    """Microseconds of a window.

    >>> window_us("15min")
    900000000

    Raises
    ------
    ValueError : the text is no window, or the window does not divide a day
    """
    match = re.fullmatch(r"([1-9][0-9]{0,9}) ?(s|min|h)", text)
    length_us = int(match[1]) * UNIT_US[match[2]] if match else 0
    if not length_us or 24 * UNIT_US["h"] % length_us:
        raise ValueError(f"window {text!r}: expected {WINDOW_EXPECTED}")
    return length_us
