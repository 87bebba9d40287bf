"""The one way in which a page is made of its template: everything escaped, and nothing that isn't there."""

import re
from collections.abc import Mapping
from typing import Any, Final

from sim.report.numbers import THIN

PARTED: Final = re.compile(r"(?<=\d) (?=%)|(?<=Rp) (?=\d)")


def rendered(template: str, context: Mapping[str, Any]) -> str:
    """A template of `templates/`, filled in; no line breaks between a number and its percent or rupiah sign."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sim.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return PARTED.sub(THIN, environment.get_template(template).render(context))
