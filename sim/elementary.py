"""Elementary functions with the same bits on every CPU.

    >>> log(2.0)
    0.6931471805599453
    >>> round(normal_quantile(0.975), 12)
    1.95996398454

The C library's exp and log differ between CPUs and releases in the last bit, which is enough to change a choice, and
with it everything that follows. These are made of integers, comparisons, + - * / and sqrt alone, which IEEE 754 defines
to the bit, and are compiled without contraction into fused multiply-add. Use them in every rule, and no `**` either.
An ulp below is the spacing of floats at the true value.
"""

import math
from typing import Final

import numpy as np

from sim.compiled import rule

# ln 2 in two parts: the first has 33 bits, so that k * LN2_HIGH is exact for every exponent k of a float.
LN2_HIGH: Final = 6.93147180369123816490e-01
LN2_LOW: Final = 1.90821492927058770002e-10
LOG2_E: Final = 1.44269504088896338700e00
SQRT_2: Final = 1.41421356237309504880

EXP_OVERFLOW: Final = 7.09782712893383973096e02  # the largest x with a finite exp
EXP_UNDERFLOW: Final = -7.45133219101941108420e02  # below it exp is nearer to 0 than to the least subnormal

# Typed, because numba turns uint64 mixed with int64 into float64; so all bits here are int64.
EXPONENT_BIAS: Final = 1023
MANTISSA_BITS: Final = 52
MANTISSA_MASK: Final = (1 << MANTISSA_BITS) - 1
ONE_BITS: Final = EXPONENT_BIAS << MANTISSA_BITS
LEAST_NORMAL: Final = 2.0**-1022


@rule
def _power_of_two(exponent: int) -> float:
    """2 to an exponent in [-1022, 1023], exactly."""
    return np.int64((exponent + EXPONENT_BIAS) << MANTISSA_BITS).view(np.float64)


@rule
def exp(x: float) -> float:
    """e to the x, within 1 ulp; inf above 709.78, 0 below -745.13.

    Notes
    -----
    x = k ln 2 + r with |r| <= ln 2 / 2, and exp(r) = 1 + r + r c / (2 - c), where c = r - r^2 P(r^2) and P is the
    minimax polynomial of Sun's fdlibm (1993).
    """
    if not EXP_UNDERFLOW <= x <= EXP_OVERFLOW:
        return x if x != x else math.inf if x > 0.0 else 0.0
    k = int(x * LOG2_E + (0.5 if x >= 0.0 else -0.5))
    high = x - k * LN2_HIGH
    low = k * LN2_LOW
    r = high - low
    t = r * r
    c = r - t * (
        1.66666666666666019037e-01
        + t
        * (
            -2.77777777770155933842e-03
            + t * (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))
        )
    )
    y = 1.0 - ((low - (r * c) / (2.0 - c)) - high)
    # In two steps, since 2^1024 and the powers below 2^-1022 are no normal floats. Only the second one can round.
    half = k >> 1
    return y * _power_of_two(half) * _power_of_two(k - half)


@rule
def log(x: float) -> float:
    """The natural logarithm of a finite x > 0, within 1 ulp.

    Raises
    ------
    ValueError : x is not a finite number above 0

    Notes
    -----
    x = 2^k (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2), and log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)), where
    s = f / (2 + f) and R is the minimax polynomial of Sun's fdlibm (1993).
    """
    if not 0.0 < x < math.inf:
        raise ValueError("log(x): x must be a finite number > 0")
    k = -EXPONENT_BIAS
    if x < LEAST_NORMAL:
        x *= 2.0**54
        k -= 54
    bits = np.float64(x).view(np.int64)
    k += int(bits >> MANTISSA_BITS)
    mantissa = np.int64((bits & MANTISSA_MASK) | ONE_BITS).view(np.float64)
    if mantissa >= SQRT_2:
        mantissa *= 0.5
        k += 1
    f = mantissa - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = z * (
        6.666666666666735130e-01
        + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01))
    )
    even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    half_square = 0.5 * f * f
    return k * LN2_HIGH - ((half_square - (s * (half_square + (odd + even)) + k * LN2_LOW)) - f)


@rule
def power(base: float, exponent: float) -> float:
    """A base >= 0 to any finite exponent, within 2 + 2 |exponent * log(base)| ulp; 0 to 0 is 1.

    Raises
    ------
    ValueError : base is below 0 or not finite, or it is 0 and the exponent below 0
    """
    if exponent == 0.0:
        return 1.0
    if base == 0.0 and exponent > 0.0:
        return 0.0
    return exp(exponent * log(base))


@rule
def exponential(u: float) -> float:
    """A waiting time with mean 1, from a uniform in (0, 1)."""
    return -log(u)


@rule
def gumbel(u: float) -> float:
    """Standard Gumbel noise from a uniform in (0, 1): added to utilities, the largest sum is a logit choice."""
    return -log(-log(u))


@rule
def _polynomial(
    x: float, c7: float, c6: float, c5: float, c4: float, c3: float, c2: float, c1: float, c0: float
) -> float:
    return ((((((c7 * x + c6) * x + c5) * x + c4) * x + c3) * x + c2) * x + c1) * x + c0


@rule
def _quantile_center(q: float) -> float:
    r = 0.180625 - q * q
    return (
        q
        * _polynomial(
            r,
            2.50908_09287_30122_6727e3,
            3.34305_75583_58812_8105e4,
            6.72657_70927_00870_0853e4,
            4.59219_53931_54987_1457e4,
            1.37316_93765_50946_1125e4,
            1.97159_09503_06551_4427e3,
            1.33141_66789_17843_7745e2,
            3.38713_28727_96366_6080e0,
        )
        / _polynomial(
            r,
            5.22649_52788_52854_5610e3,
            2.87290_85735_72194_2674e4,
            3.93078_95800_09271_0610e4,
            2.12137_94301_58659_5867e4,
            5.39419_60214_24751_1077e3,
            6.87187_00749_20579_0830e2,
            4.23133_30701_60091_1252e1,
            1.0,
        )
    )


@rule
def _quantile_tail(r: float) -> float:
    return _polynomial(
        r,
        7.74545_01427_83414_07640e-4,
        2.27238_44989_26918_45833e-2,
        2.41780_72517_74506_11770e-1,
        1.27045_82524_52368_38258e0,
        3.64784_83247_63204_60504e0,
        5.76949_72214_60691_40550e0,
        4.63033_78461_56545_29590e0,
        1.42343_71107_49683_57734e0,
    ) / _polynomial(
        r,
        1.05075_00716_44416_84324e-9,
        5.47593_80849_95344_94600e-4,
        1.51986_66563_61645_71966e-2,
        1.48103_97642_74800_74590e-1,
        6.89767_33498_51000_04550e-1,
        1.67638_48301_83803_84940e0,
        2.05319_16266_37758_82187e0,
        1.0,
    )


@rule
def _quantile_far_tail(r: float) -> float:
    return _polynomial(
        r,
        2.01033_43992_92288_13265e-7,
        2.71155_55687_43487_57815e-5,
        1.24266_09473_88078_43860e-3,
        2.65321_89526_57612_30930e-2,
        2.96560_57182_85048_91230e-1,
        1.78482_65399_17291_33580e0,
        5.46378_49111_64114_36990e0,
        6.65790_46435_01103_77720e0,
    ) / _polynomial(
        r,
        2.04426_31033_89939_78564e-15,
        1.42151_17583_16445_88870e-7,
        1.84631_83175_10054_68180e-5,
        7.86869_13114_56132_59100e-4,
        1.48753_61290_85061_48525e-2,
        1.36929_88092_27358_05310e-1,
        5.99832_20655_58879_37690e-1,
        1.0,
    )


@rule
def normal_quantile(p: float) -> float:
    """The standard normal value that is exceeded with chance 1 - p, with a relative error below 1e-15.

    Raises
    ------
    ValueError : p is not in (0, 1)

    Notes
    -----
    Wichura (1988), algorithm AS 241, PPND16: a ratio of polynomials of degree 7 for each of three ranges of p.
    """
    if not 0.0 < p < 1.0:
        raise ValueError("normal_quantile(p): p must be in (0, 1)")
    q = p - 0.5
    if -0.425 <= q <= 0.425:
        return _quantile_center(q)
    r = math.sqrt(-log(p if q < 0.0 else 1.0 - p))
    x = _quantile_tail(r - 1.6) if r <= 5.0 else _quantile_far_tail(r - 5.0)
    return -x if q < 0.0 else x
