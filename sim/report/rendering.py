"""The one way in which a page is made of its template: everything escaped, and nothing that isn't there."""

import re
from collections.abc import Mapping
from typing import Any, Final

from sim.report.numbers import THIN

PARTS: Final = re.compile(r"(?<=\d) (?=%)|(?<=Rp) (?=\d)|(?<=\bn) (?== \d)|(?<=\bn =) (?=\d)")


def rendered(template: str, context: Mapping[str, Any]) -> str:
    """A template of `templates/`, filled in; no line breaks between a number and what belongs to it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sim.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return unbroken(environment.get_template(template).render(context))


def unbroken(text: str) -> str:
    """The same with no place for a line's end in a percentage, an amount of rupiah or a number of people.

    >>> unbroken("95 % of n = 5,000 paid Rp 20,000")
    '95\u202f% of n\u202f=\u202f5,000 paid Rp\u202f20,000'
    """
    return PARTS.sub(THIN, text)
