"""How many payers a run has, counted as if all paid alike: where few make a metric, chance isn't normal.

    >>> round(effective(1_000, 0.0)), round(effective(1_000, 0.75))
    (1000, 71)

Spending is so unequal that of a thousand payers a few dozen make the variance of what they pay together. Their number
is that of equal payers with the same variance (Kish 1965): n * mean^2 / mean square. The mean square itself hangs on
whether a run happens to hold the largest; the Gini index hardly does, and says what it is in the mean where spending is
log-normal (Aitchison and Brown 1957): the variance of the logarithm is then 2 * z^2, with the normal quantile z at
(1 + Gini) / 2, and mean^2 / mean square is exp(-2 * z^2).
"""

from collections.abc import Sequence
from math import exp, isnan
from statistics import NormalDist, fmean

from sim.experiments.runs import UNSAID, Figures


def effective(payers: float, gini: float) -> float:
    """Of so many payers, whose spending is so unequal: those that would make as much chance if they paid alike.

    Parameters
    ----------
    gini : in [0, 1]; 1 means that one pays all, and nothing can be said of that but 0
    """
    return payers * exp(-2 * NormalDist().inv_cdf((1 + gini) / 2) ** 2) if gini < 1 else 0.0


def effective_payers(found: Sequence[Figures]) -> float:
    """Of a run, in the mean over runs; by the most unequal currency where there are several.

    Returns
    -------
    0 where nobody pays; NaN where the runs don't count payers
    """
    if not all("payers" in figures for figures in found):
        return UNSAID
    names = [name for name in found[0] if name.partition(".")[0] == "payer_gini"]
    ginis = [[figures[name].value for figures in found if name in figures] for name in names]
    known = [fmean(some) for some in ([gini for gini in each if not isnan(gini)] for each in ginis) if some]
    return effective(fmean(figures["payers"].value for figures in found), max(known)) if known else 0.0
