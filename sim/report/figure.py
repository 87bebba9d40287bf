"""A figure of the report: a finding, the drawing that shows it, and its numbers.

>>> Figure("bookings", "Saturday brought most", "Bookings by day", "…", {"day": days, "app": app}, draw)
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final

from sim.report.style import Draw, render

PAGE_PX: Final = 720
PHONE_PX: Final = 350


@dataclass(frozen=True)
class Figure:
    """What stands in the report: title (the finding), subtitle (what and unit), caption, and columns for the CSV."""

    name: str
    title: str
    subtitle: str
    caption: str
    columns: Mapping[str, Sequence[Any]]
    draw: Draw
    height: int = 320
    phone_height: int = 300

    @property
    def page_svg(self) -> str:
        """The drawing for a page."""
        return render(self.name, self.draw, PAGE_PX, self.height)

    @property
    def phone_svg(self) -> str:
        """The drawing for a phone."""
        return render(self.name, self.draw, PHONE_PX, self.phone_height)

    @property
    def csv(self) -> str:
        """The figure's numbers."""
        return csv_of(self.columns)


def csv_of(columns: Mapping[str, Sequence[Any]]) -> str:
    """Columns of one length as a file that spreadsheets read."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()
