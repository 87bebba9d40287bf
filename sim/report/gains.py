"""Who gains and who loses: everybody's part with what the scenario changes, and without it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from sim.report.evidence import Evidence
from sim.report.figure import Figure
from sim.report.numbers import about_money, money, short_money, signed
from sim.report.style import CREATORS, INK, MUTED, OUTSIDE, PLATFORM, SELLERS, VIEWERS, WARNING, is_narrow

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

NAMES_PX: Final = 112
ROW_PX: Final = 34
FANS: Final = "Fans"
# Who, what counts for them, their colour, and the metrics that add up to it
PARTIES: Final = (
    (FANS, "paid for coins and goods, less what came back", VIEWERS, ("spent_by_fans",)),
    ("Creators", "income from gifts, and from selling for others", CREATORS, ("creator_income", "affiliate_income")),
    ("Platform", "revenue less the creators' share", PLATFORM, ("platform_margin",)),
    ("Stores and cards", "fees on coins", OUTSIDE, ("store_fees",)),
    ("States", "tax on coins and goods", OUTSIDE, ("tax",)),
    ("Domestic sellers", "income from goods delivered", SELLERS, ("domestic_seller_income",)),
    ("Foreign sellers", "income from goods delivered", WARNING, ("foreign_seller_income",)),
    ("Offline shops", "of domestic sellers: own sales, and orders that went there", SELLERS, ("offline_income",)),
    ("Rivals", "orders and gifts that went there instead", OUTSIDE, ("gmv_to_rivals", "gifts_elsewhere_value")),
)


class Party(NamedTuple):
    """Somebody with a part in the economy, and how much that is in either run, in minor units."""

    name: str
    what: str
    color: str
    base: int
    amount: int

    @property
    def difference(self) -> int:
        return self.amount - self.base


def parties(run: Evidence, base: Evidence) -> list[Party]:
    """Everybody who has a part in either run."""
    found = []
    for name, what, color, metrics in PARTIES:
        before, after = (sum(each.kpi(metric) or 0 for metric in metrics) for each in (base, run))
        if before or after:
            found.append(Party(name, what, color, before, after))
    return found


def gains(run: Evidence, base: Evidence) -> Figure | None:
    """Differences from the base as bars."""
    found = parties(run, base)
    if not found:
        return None
    most = max(1, *(abs(party.difference) for party in found))

    def draw(canvas: "Canvas") -> None:
        width, _ = canvas.get_size_inches() * 72
        axes = canvas.add_axes((NAMES_PX / width, 0.02, 1 - NAMES_PX / width, 0.96))
        for place, party in enumerate(found):
            axes.barh(place, party.difference, height=0.62, color=party.color, linewidth=0)
            text = signed(party.difference, run.currency, short_money if is_narrow(canvas) else about_money)
            side = 1 if party.difference >= 0 else -1
            axes.annotate(
                text,
                (party.difference, place),
                (6 * side, 0),
                textcoords="offset points",
                ha="left" if side > 0 else "right",
                va="center",
            )
        axes.axvline(0, color=MUTED, linewidth=1)
        axes.set(xlim=(-1.6 * most, 1.6 * most), ylim=(len(found) - 0.5, -0.5), xticks=[])
        axes.set_yticks(range(len(found)), [party.name for party in found], color=INK)
        axes.grid(visible=False)
        axes.spines.bottom.set_visible(False)

    return Figure(
        "gains",
        finding(found, run.currency, base.name),
        f"Difference from {base.name} over the whole run, {run.currency}; for fans: what they pay",
        "One pair of runs with the same draws; another seed gives other differences.",
        {
            "who": [party.name for party in found],
            "base_minor": [party.base for party in found],
            "this_minor": [party.amount for party in found],
            "difference_minor": [party.difference for party in found],
        },
        draw,
        height=ROW_PX * len(found) + 16,
        phone_height=ROW_PX * len(found) + 16,
    )


def gains_table(run: Evidence, base: Evidence) -> list[tuple[str, str, str, str, str]]:
    """Rows of the table: who, what counts, base, this run, difference."""
    return [
        (
            party.name,
            party.what,
            money(party.base, run.currency),
            money(party.amount, run.currency),
            signed(party.difference, run.currency, money),
        )
        for party in parties(run, base)
    ]


def finding(found: Sequence[Party], currency: str, base: str) -> str:
    """Who gains most and who loses most; what fans pay is neither."""
    others = sorted((party for party in found if party.name != FANS), key=lambda party: party.difference)
    told = []
    if others and others[-1].difference > 0:
        told.append(f"{_do(others[-1], 'gain')} most ({signed(others[-1].difference, currency, about_money)})")
    if others and others[0].difference < 0:
        told.append(f"{_do(others[0], 'lose')} most ({signed(others[0].difference, currency, about_money)})")
    text = ", ".join(told)
    return text[:1].upper() + text[1:] if text else f"Nobody gains or loses against {base}"


def _do(party: Party, verb: str) -> str:
    return f"the platform {verb}s" if party.name == "Platform" else f"{party.name.lower()} {verb}"
