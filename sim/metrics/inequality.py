"""Inequality: who holds how much of a total.

    >>> gini(np.array([0, 0, 0, 100])), lorenz_share(np.array([1, 2, 3, 94]), Fraction(1, 4))
    (0.75, 0.94)

Pure functions of integer amounts. They describe the sample they are given: the Gini of n holders of whom one holds
everything is 1 - 1/n, not 1.
"""

from fractions import Fraction

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]
Float64Array = npt.NDArray[np.float64]


def gini(amounts: Int64Array) -> float:
    """Gini coefficient: twice the area between the Lorenz curve and the diagonal.

    Parameters
    ----------
    amounts : int64 array of shape (n_holders,), in any one unit, each >= 0

    Returns
    -------
    float in [0, 1 - 1/n_holders]; 0 when nobody holds anything

    Raises
    ------
    ValueError : `amounts` is empty or negative

    Notes
    -----
    With amounts in ascending order x_1 .. x_n and total S: G = 2 Σ i x_i / (n S) - (n + 1) / n. For a Pareto law with
    shape a the limit is 1 / (2a - 1), for a lognormal one with sigma s it is 2 Φ(s / √2) - 1.
    """
    ascending = _ascending(amounts)
    n, total = len(ascending), float(ascending.sum())
    if total == 0:
        return 0.0
    ranks = np.arange(1, n + 1)
    return float(2 * np.dot(ranks, ascending.astype(np.float64)) / (n * total) - (n + 1) / n)


def lorenz_curve(amounts: Int64Array) -> tuple[Float64Array, Float64Array]:
    """Lorenz curve: the share of the total that the poorest share of holders has.

    Parameters
    ----------
    amounts : int64 array of shape (n_holders,), in any one unit, each >= 0

    Returns
    -------
    (holders, held) : float arrays of shape (n_holders + 1,), both rising from 0 to 1; `held` stays on the diagonal
        when nobody holds anything

    Raises
    ------
    ValueError : `amounts` is empty or negative
    """
    ascending = _ascending(amounts)
    holders = np.linspace(0.0, 1.0, len(ascending) + 1)
    total = ascending.sum()
    if total == 0:
        return holders, holders.copy()
    return holders, np.concatenate(([0.0], np.cumsum(ascending) / total))


def lorenz_share(amounts: Int64Array, top: Fraction) -> float:
    """Share of the total held by the largest holders.

    Parameters
    ----------
    amounts : int64 array of shape (n_holders,), in any one unit, each >= 0
    top : the fraction of holders counted, in (0, 1]; a holder on its edge counts in part

    Returns
    -------
    float in [0, 1]; 0 when nobody holds anything

    Raises
    ------
    ValueError : `amounts` is empty or negative, or `top` is out of range

    Notes
    -----
    For a Pareto law with shape a the share is top ** (1 - 1/a), which the tests use.
    """
    if not 0 < top <= 1:
        raise ValueError(f"top(={top}) must be in (0, 1]")
    descending = _ascending(amounts)[::-1]
    total = int(descending.sum())
    if total == 0:
        return 0.0
    counted = top * len(descending)
    whole = int(counted)
    edge = Fraction(int(descending[whole]) if whole < len(descending) else 0) * (counted - whole)
    return float((int(descending[:whole].sum()) + edge) / total)


def herfindahl(amounts: Int64Array) -> float:
    """Herfindahl-Hirschman index: the sum of the squared shares of a market.

    Parameters
    ----------
    amounts : int64 array of shape (n_holders,), in any one unit, each >= 0

    Returns
    -------
    float in [1/n_holders, 1]; 0 when nobody holds anything. Competition authorities multiply it by 10,000

    Raises
    ------
    ValueError : `amounts` is empty or negative

    Notes
    -----
    n equal holders give 1/n; n holders of a lognormal law with sigma s give exp(s^2) / n, for large n.
    """
    ascending = _ascending(amounts)
    total = float(ascending.sum())
    if total == 0:
        return 0.0
    shares = ascending / total
    return float(np.dot(shares, shares))


def _ascending(amounts: Int64Array) -> Int64Array:
    if len(amounts) == 0:
        raise ValueError("amounts must hold at least one holder")
    ascending = np.sort(amounts)
    if ascending[0] < 0:
        raise ValueError(f"amounts(min={ascending[0]}) must be >= 0")
    return ascending
