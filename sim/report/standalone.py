"""A figure as a file of its own: title, subtitle, drawing and caption in one SVG, for a README or a slide.

Path("dollar.svg").write_text(standalone(figure, "us-baseline, seed 1"))
"""

import re
from html import escape
from importlib import resources
from textwrap import wrap
from typing import Final

from sim.report.figure import PAGE_PX, Figure
from sim.report.rendering import unbroken

NAMESPACE: Final = "http://www.w3.org/2000/svg"
MARGIN_PX: Final = 24
LINE_PX: Final = 26
SMALL_LINE_PX: Final = 18
TITLE_LETTERS: Final = 64
SMALL_LETTERS: Final = 104


def standalone(figure: Figure, source: str) -> str:
    """The figure as an SVG document; `source` says where its numbers come from."""
    head = _lines(figure.title, TITLE_LETTERS, "title", MARGIN_PX, LINE_PX)
    below_title = MARGIN_PX + len(head) * LINE_PX
    head += _lines(figure.subtitle, SMALL_LETTERS, "small", below_title, SMALL_LINE_PX)
    drawing_top = below_title + SMALL_LINE_PX * len(wrap(unbroken(figure.subtitle), SMALL_LETTERS))
    foot_top = drawing_top + figure.height + MARGIN_PX
    foot = _lines(f"{figure.caption} Simulated: {source}.", SMALL_LETTERS, "small", foot_top, SMALL_LINE_PX)
    width, height = PAGE_PX + 2 * MARGIN_PX, foot_top + SMALL_LINE_PX * len(foot)
    drawing = figure.page_svg.replace(
        "<svg ", f'<svg x="{MARGIN_PX}" y="{drawing_top}" width="{PAGE_PX}" height="{figure.height}" ', 1
    )
    return "\n".join(
        (
            f'<svg xmlns="{NAMESPACE}" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
            f"<style>{_style()}</style>",
            f'<rect width="{width}" height="{height}" style="fill: var(--paper)"/>',
            *head,
            drawing,
            *foot,
            "</svg>\n",
        )
    )


def _lines(text: str, letters: int, look: str, top: int, step: int) -> list[str]:
    return [
        f'<text class="{look}" x="{MARGIN_PX}" y="{top + place * step}" dy="0.8em">{escape(line)}</text>'
        for place, line in enumerate(wrap(unbroken(text), letters))
    ]


def _style() -> str:
    """The page's colours, light and dark, and two sizes of text."""
    page = (resources.files("sim.report") / "templates" / "report.css").read_text("utf-8")
    colours = re.findall(
        r":root \{.*?\n\}\n(?=@)|@media screen and \(prefers-color-scheme: dark\) \{.*?\n\}", page, re.DOTALL
    )
    text = (
        'text { font-family: system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif !important; }'
        " .title { font-size: 20px; font-weight: 600; fill: var(--ink); }"
        " .small { font-size: 13px; fill: var(--muted); }"
    )
    return "\n".join((*colours, text))
