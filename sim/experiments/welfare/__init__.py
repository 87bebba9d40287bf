"""Welfare: who gains and who loses, in money, by a run's own choices.

    account = welfare.measure(scenario, seed)           # simulates once
    account.gains["viewer_surplus"], account.gains["total_gain"]
    other.gains["total_gain"] - account.gains["total_gain"]     # what a policy changes, under the same draws

Only *changes* between two runs mean something: the level of a surplus rests on how far demand reaches beyond the prices
that anybody has seen. `parties` names everybody; everything is in minor units of one money: the scenario's own where
all regions have one, else the reference currency, at the rates that the regions state.

**Viewers** gain the compensating variation of their choices. Utility is quasi-linear (there is no rule by which income
changes what is chosen, and budgets are nearly independent of it, S6), so this is the area under demand, and equivalent
variation and consumer surplus are the same number. It is taken from the rules by which they choose, draw by draw:

- *A gift.* In a moment of giving, worth w (`gift.willing_to_pay`), a fan wants the dearest gift within w at the price p
  of a coin, g(w / p), and goes on by the chance C(p) (`topup.stays_away`). Demand for coins is g(w / s) C(s); its area
  from p on is the moment's surplus. A gift for which coins were bought passed C: it was worth g p + area / C(p). One
  paid with coins at hand never met C: it was worth g x (the integral of C up to p) + area. With a fine menu that is
  spending / (elasticity - 1) for the surplus, the iso-elastic textbook case; the menu ends it where the cheapest gift
  is too dear. So the level stands and falls with `price_elasticity` (E1: 2 to 5).
- *A good* is worth `shop.worth_of`, the draw that decided the order: surplus is that less price and tax, for what was
  delivered and kept. Buyers compare the price without tax, so tax can make a surplus negative: it isn't salient.
- *Coins at hand* are worth `leftover_value` of what was paid for them, as the rule has it that chooses a pack.
- *Elsewhere*, orders and gifts are known as sums only, and valued in the mean (see `elsewhere`).

Some of the largest surplus is no welfare: what the heaviest spenders pay goes with problem gambling and not with
earnings (S6), so their choices don't show what is good for them. It can't be told whose; so every total stands beside
one **without the top hundredth** of fans. A group must be the same people under both policies, so fans are ranked by
what they are drawn to spend, never by what they did (`people`).

**Creators** gain what gifts bring (paid or payable) and affiliates' parts, less their hours live at what an hour costs
each of them. **Sellers** gain what orders bring after commission and returns, less goods, hours and the weeks of being
there; by origin of the merchant, for a foreign one's gain is no domestic one. Their **offline shops** gain the orders
that went there, and lose what imports displace. **Platform, stores, states, rivals** gain what they keep.

**Transfers cancel.** What one pays another receives, so in money all parties' gains sum to zero, to the last minor unit
(`money`, from the double entry itself). The total is worth less cost: what gifts and goods were worth to viewers, less
creators' hours and sellers' goods, hours and weeks. A fee that changes nobody's doing changes no total.

**Left out**, because the model has no choice that would show it: the pleasure of watching, and of giving reward coins
that cost nothing; what a delay or a decline annoys; how much it pleases a fan that more of her cent reaches the
creator; the platform's costs of running; other uses of a tax; what makers of imported goods earn; creators' hours on a
rival's side and what else they bring there; what a displaced shop's customer would have gained outside. An account in a
fraud ring's hands chooses nothing, so its gifts are worth nothing.
"""

from sim.experiments.welfare.account import Account
from sim.experiments.welfare.listener import Listener
from sim.experiments.welfare.parties import DOMESTIC, FIGURE, FIRMS, OTHERS, PARTIES, PARTY, TENTHS, Party
from sim.model.measured import measured
from sim.scenario import Scenario


def measure(scenario: Scenario, seed: int, *, from_day: int = 0) -> Account:
    """Simulate a scenario and say who gained how much from a day on.

    Examples
    --------
    >>> from sim.scenario import load
    >>> account = measure(load("us-baseline", ["viewers=40", "days=1", "window=6h"]), seed=1)
    >>> sum(account.money.values())
    Fraction(0, 1)
    """
    heard = Listener(scenario, seed)
    found = measured(scenario, seed, heard, from_day=from_day, look=heard.look)
    return heard.account(found.kpis)


__all__ = [
    "DOMESTIC",
    "FIGURE",
    "FIRMS",
    "OTHERS",
    "PARTIES",
    "PARTY",
    "TENTHS",
    "Account",
    "Listener",
    "Party",
    "measure",
]
