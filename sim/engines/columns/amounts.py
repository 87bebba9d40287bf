"""The ledger's arithmetic, compiled: the very functions of `sim.ledger.money`, no second copy of a formula."""

from sim.compiled import rule
from sim.ledger import money

portion = rule(money.portion)
share_left = rule(money.share_left)
tax_inside = rule(money.tax_inside)
whole_units = rule(money.whole_units)
