"""The one way in which a page is made of its template: everything escaped, and nothing that isn't there."""

from collections.abc import Mapping
from typing import Any


def rendered(template: str, context: Mapping[str, Any]) -> str:
    """A template of `templates/`, filled in."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sim.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(context)
