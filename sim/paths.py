"""Where the files that come with coinworks are, in a checkout and in an installed wheel."""

from pathlib import Path


def scenarios_dir() -> Path:
    """The folder of scenarios: beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).resolve().parent
    shipped = package / "_scenarios"
    return shipped if shipped.is_dir() else package.parent / "scenarios"


def results_dir() -> Path:
    """The folder of results: beside the package in a checkout; an installed wheel has none."""
    return Path(__file__).resolve().parent.parent / "results"
