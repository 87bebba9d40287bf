"""Regions by ISO 3166-1: the number stands in the trace, the two letters in scenarios and on pages."""

from typing import Final

REGIONS: Final = {0: "none", 156: "CN", 276: "DE", 360: "ID", 826: "GB", 840: "US"}
REGION_BY_NAME: Final = {name: code for code, name in REGIONS.items()}
