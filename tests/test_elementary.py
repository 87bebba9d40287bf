"""Elementary functions: against exact decimals and the C library, then bit for bit against what was recorded."""

import hashlib
import math
import statistics
from decimal import Decimal, localcontext

import numba
import numpy as np
import pytest

from sim.compiled import rule
from sim.elementary import exp, exponential, gumbel, log, normal_quantile, power


@rule
def all_exp(x, out):
    for i in range(len(x)):
        out[i] = exp(x[i])


@rule
def all_log(x, out):
    for i in range(len(x)):
        out[i] = log(x[i])


@rule
def all_quantiles(x, out):
    for i in range(len(x)):
        out[i] = normal_quantile(x[i])


def mapped(function, x):
    out = np.empty_like(x)
    function(x, out)
    return out


def grid(low: float, high: float, n: int) -> np.ndarray:
    """Points spread over a range by exact arithmetic alone, so the grid itself is the same on every CPU."""
    return low + np.arange(n) * ((high - low) / n)


def powers_of_two(n: int) -> np.ndarray:
    """Points of every size from the least subnormal up, n to each power of two."""
    return np.array([math.ldexp(1 + i / n, exponent) for exponent in range(-1074, 1024) for i in range(n)])


def distance_ulp(values: np.ndarray, truth: list[float]) -> float:
    return float(np.max(np.abs(values - truth) / np.spacing(np.abs(truth))))


def exact_error_ulp(value: float, exact: Decimal) -> float:
    return float(abs(Decimal(value) - exact) / Decimal(math.ulp(float(exact))))


@pytest.mark.parametrize(("low", "high"), [(-745.0, 709.0), (-1.0, 1.0)])
def test_exp_agrees_with_the_library_within_2_ulp(low, high):
    x = grid(low, high, 500_000)
    assert distance_ulp(mapped(all_exp, x), [math.exp(value) for value in x.tolist()]) <= 2


@pytest.mark.parametrize("x", [grid(2.0**-20, 4.0, 500_000), powers_of_two(200)], ids=["about 1", "all sizes"])
def test_log_agrees_with_the_library_within_2_ulp(x):
    x = x[x != 1.0]
    assert distance_ulp(mapped(all_log, x), [math.log(value) for value in x.tolist()]) <= 2


def test_exp_and_log_are_within_1_ulp_of_the_exact_value():
    with localcontext(prec=40):
        for x in grid(-30.0, 30.0, 3_001).tolist():
            assert exact_error_ulp(exp(x), Decimal(x).exp()) < 1
        for x in grid(0.001, 8.0, 3_001).tolist():
            assert exact_error_ulp(log(x), Decimal(x).ln()) < 1


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (0.0, 1.0),
        (-0.0, 1.0),
        (709.782712893384, 1.797693134862273e308),
        (709.79, math.inf),
        (math.inf, math.inf),
        (-745.13, 5e-324),
        (-745.14, 0.0),
        (-math.inf, 0.0),
    ],
)
def test_exp_at_its_ends(x, expected):
    assert exp(x) == pytest.approx(expected, rel=1e-15, abs=0)


def test_exp_of_nan_is_nan():
    assert math.isnan(exp(math.nan))


@pytest.mark.parametrize("x", [0.0, -0.0, -1.0, math.inf, math.nan])
def test_log_refuses_what_has_none(x):
    with pytest.raises(ValueError, match="x must be a finite number > 0"):
        log(x)


def test_log_of_a_power_of_two_is_exact():
    assert log(1.0) == 0.0
    assert log(2.0**-1074) == -1074 * math.log(2.0)


@pytest.mark.parametrize("exponent", [-3.0, -1.5, 0.5, 1.0, 2.0, 7.25, 60.0])
def test_power_is_within_its_bound(exponent):
    with localcontext(prec=40):
        for base in grid(0.01, 20.0, 500).tolist():
            bound = 2 + 2 * abs(exponent * math.log(base))
            assert exact_error_ulp(power(base, exponent), (Decimal(base).ln() * Decimal(exponent)).exp()) <= bound


@pytest.mark.parametrize(
    ("base", "exponent", "expected"), [(0.0, 2.0, 0.0), (0.0, 0.0, 1.0), (5.0, 0.0, 1.0), (1.0, 9.0, 1.0)]
)
def test_power_at_its_ends(base, exponent, expected):
    assert power(base, exponent) == expected


@pytest.mark.parametrize(("base", "exponent"), [(-1.0, 2.0), (0.0, -1.0)])
def test_power_refuses_what_is_no_number(base, exponent):
    with pytest.raises(ValueError, match="log"):
        power(base, exponent)


@pytest.mark.parametrize("p", [2.0**-33, 1e-300, 0.001, 0.0749, 0.0751, 0.25, 0.5, 0.7, 0.975, 1 - 2.0**-33])
def test_the_normal_quantile_agrees_with_the_standard_library(p):
    assert normal_quantile(p) == pytest.approx(statistics.NormalDist().inv_cdf(p), rel=1e-15, abs=0)


def test_the_normal_quantile_inverts_the_distribution():
    x = grid(-8.0, 1.0, 2_000)  # above 1 the distribution function itself has lost the digits
    p = np.array([math.erfc(-value / math.sqrt(2)) / 2 for value in x.tolist()])
    # Rounding x / sqrt(2) before erfc moves p by as much as a few ulp of x do, each 9e-16 near -8.
    assert np.max(np.abs(mapped(all_quantiles, p) - x)) < 4e-15


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, math.nan])
def test_the_normal_quantile_refuses_what_is_no_chance(p):
    with pytest.raises(ValueError, match="must be in"):
        normal_quantile(p)


def test_waiting_times_and_gumbel_noise_at_their_medians():
    assert exponential(0.5) == pytest.approx(math.log(2), rel=1e-15)
    assert gumbel(0.5) == pytest.approx(-math.log(math.log(2)), rel=1e-15)


@pytest.mark.parametrize(
    ("value", "bits"),
    [
        (exp(1.0), "0x1.5bf0a8b14576ap+1"),
        (exp(-0.3), "0x1.7b4c869c37c05p-1"),
        (log(3.0), "0x1.193ea7aad030ap+0"),
        (log(0.7), "-0x1.6d3c324e13f50p-2"),
        (power(1.5, 2.5), "0x1.60b9fd68a4555p+1"),
        (normal_quantile(0.9), "0x1.4813c36e26d34p+0"),
        (normal_quantile(1e-9), "-0x1.7fdc11f44b5a7p+2"),
    ],
)
def test_recorded_values_to_the_bit(value, bits):
    assert value.hex() == bits


@pytest.mark.parametrize(
    ("function", "x", "sha256"),
    [
        (all_exp, grid(-745.5, 710.0, 1_000_000), "64d4d5ced0cfb526de4d6390ffcb46fc95d1d4e48c7a0f86a10514fb47308640"),
        (all_log, powers_of_two(100), "89fad0d4236ab3464dbb59c46e16ac179f942646a01a00a3d63699784fb717f0"),
        (
            all_quantiles,
            grid(2.0**-33, 1.0, 1_000_000),
            "601830a602541d694021ca1037cef40e67a0ce0645e30d1a0d6b94fb747b392d",
        ),
    ],
    ids=["exp", "log", "normal_quantile"],
)
def test_recorded_bits_over_a_grid(function, x, sha256):
    """Recorded on an AMD EPYC that has FMA: another CPU or compiler that rounds anywhere else is noticed here."""
    assert hashlib.sha256(mapped(function, x).astype("<f8").tobytes()).hexdigest() == sha256


@pytest.mark.parametrize("function", [exp, log, normal_quantile])
def test_compiled_bits_are_the_interpreters(function):
    """Python itself rounds after every operation, on any CPU."""
    for x in grid(2.0**-20, 1.0, 3_000).tolist():
        assert function(x) == function.py_func(x)


@pytest.mark.parametrize("function", [all_exp, all_log, all_quantiles])
def test_the_machine_code_has_no_fused_multiply_add(function):
    compiled = numba.njit(error_model="python")(function.py_func)
    compiled.compile("void(float64[::1], float64[::1])")
    (assembly,) = compiled.inspect_asm().values()
    assert "mulsd" in assembly or "mulpd" in assembly or "fmul" in assembly, "this is the code that multiplies"
    assert "fmadd" not in assembly
    assert "fmsub" not in assembly
    assert "fmla" not in assembly
