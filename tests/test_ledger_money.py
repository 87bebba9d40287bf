"""Money: every rounding rule against exact fractions."""

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engines.columns import amounts as compiled
from sim.ledger.money import (
    AMOUNT_MAX,
    CURRENCIES,
    EUR,
    IDR,
    PPM,
    USD,
    WHOLE_MAX,
    commission_of,
    format_amount,
    is_fiat,
    portion,
    share_left,
    tax_inside,
    whole_units,
)

amounts = st.integers(0, AMOUNT_MAX)
rates = st.integers(0, PPM)


def half_up(exact: Fraction) -> int:
    return floor(exact + Fraction(1, 2))


@pytest.mark.parametrize(
    ("amount", "rate_ppm", "expected"),
    [
        (1999, 300_000, 600),  # 599.7
        (5, 300_000, 2),  # 1.5: half goes up
        (1, 499_999, 0),  # just under a half
        (1, 500_000, 1),  # a half
        (0, PPM, 0),  # nothing of nothing
        (AMOUNT_MAX, PPM, AMOUNT_MAX),  # all of the largest
    ],
)
def test_portion(amount, rate_ppm, expected):
    assert portion(amount, rate_ppm) == expected


@given(amounts, rates)
def test_a_portion_is_the_exact_one_rounded_half_up(amount, rate_ppm):
    assert portion(amount, rate_ppm) == half_up(Fraction(amount * rate_ppm, PPM))


@pytest.mark.parametrize(
    ("net", "rate_ppm", "flat", "expected"),
    [
        (2_000, 60_000, 0, 120),  # 6 % and no more
        (2_000, 20_000, 30, 70),  # 2 % + $0.30
        (25, 20_000, 30, 25),  # what costs less than the flat part: all of it
        (30, 20_000, 30, 30),  # as much: 30.6, and all of it
        (31, 20_000, 30, 31),  # 30.62 round to 31
        (62, 20_000, 30, 31),  # 31.24
        (5, 300_000, 0, 2),  # 1.5: half goes up
        (2_000, 0, 30, 30),  # nothing but the flat part
        (2_000, PPM, 30, 2_000),  # all, and then 30: all
        (0, 20_000, 30, 0),  # nothing of nothing
        (AMOUNT_MAX, PPM, AMOUNT_MAX, AMOUNT_MAX),  # the largest of each
    ],
)
def test_commission(net, rate_ppm, flat, expected):
    assert commission_of(net, rate_ppm, flat) == expected


@given(amounts, rates, amounts)
def test_a_commission_is_a_portion_and_a_flat_part_and_never_more_than_the_order(net, rate_ppm, flat):
    assert commission_of(net, rate_ppm, flat) == min(net, portion(net, rate_ppm) + flat)


@given(amounts, rates)
def test_the_net_of_a_gross_price_is_rounded_half_up(gross, rate_ppm):
    assert gross - tax_inside(gross, rate_ppm) == half_up(gross / (1 + Fraction(rate_ppm, PPM)))


@given(amounts, rates)
def test_taking_tax_out_undoes_adding_it(net, rate_ppm):
    tax = portion(net, rate_ppm)
    assert tax_inside(net + tax, rate_ppm) == tax


@given(amounts, st.lists(st.integers(1, 50), min_size=1, max_size=20))
def test_shares_of_parts_add_up_and_stay_within_a_unit_of_exact(total, parts):
    whole = left = sum(parts)
    for part in parts:
        left -= part
        exact = Fraction(total * left, whole)
        assert exact <= share_left(total, left, whole) < exact + 1
    assert share_left(total, whole, whole) == total
    assert share_left(total, 0, whole) == 0


@given(st.integers(0, 3_000), st.integers(0, 3 * PPM) | st.sampled_from([500_000, 333_333, 400_000, 5_000, 1_250_000]))
def test_whole_units_are_the_most_that_make_whole_minor_units(quantity, value_ppm):
    taken, minor = whole_units(quantity, value_ppm)
    assert 0 <= taken <= quantity
    assert minor * PPM == taken * value_ppm
    assert all(more * value_ppm % PPM for more in range(taken + 1, quantity + 1))


EDGES = [0, 1, 2**31 - 1, 2**31, 3 * 2**31 + 1, 2**32, 2**32 + 1, AMOUNT_MAX - 1, AMOUNT_MAX]
large = st.sampled_from(EDGES) | amounts
largest = st.sampled_from([*EDGES, WHOLE_MAX - 1, WHOLE_MAX]) | st.integers(0, WHOLE_MAX)


@settings(deadline=None)  # the first one compiles
@given(largest, largest.filter(bool), st.data())
def test_shares_of_any_size_are_exact_in_64_bits_too(total, whole, data):
    left = data.draw(st.sampled_from([0, 1, whole // 2, whole - 1, whole]) | st.integers(0, whole))
    exact = -(-total * left // whole)
    assert share_left(total, left, whole) == exact
    assert compiled.share_left(total, left, whole) == exact


@settings(deadline=None)
@given(large, st.sampled_from([0, 1, PPM, AMOUNT_MAX]) | st.integers(0, AMOUNT_MAX))
def test_worths_of_any_size_are_exact_in_64_bits_too(quantity, value_ppm):
    worth = (quantity * value_ppm + PPM // 2) // PPM
    assert portion(quantity, value_ppm) == compiled.portion(quantity, value_ppm) == worth
    taken, minor = whole_units(quantity, value_ppm) if value_ppm else (quantity, 0)
    assert minor * PPM == taken * value_ppm
    assert not value_ppm or compiled.whole_units(quantity, value_ppm) == (taken, minor)


@settings(deadline=None)
@given(largest, rates)
def test_rates_of_any_size_are_exact_in_64_bits_too(gross, rate_ppm):
    tax = gross - (gross * PPM + (PPM + rate_ppm) // 2) // (PPM + rate_ppm)
    assert tax_inside(gross, rate_ppm) == compiled.tax_inside(gross, rate_ppm) == tax
    assert compiled.portion(gross, rate_ppm) == (gross * rate_ppm + PPM // 2) // PPM


@pytest.mark.parametrize(
    ("amount", "code", "text"),
    [
        (1999, USD, "$19.99"),
        (5, EUR, "€0.05"),
        (-1_234_567, USD, "-$12,345.67"),
        (17_000, IDR, "Rp 17,000"),  # quoted without decimals
        (1, 1, "1 coin"),
        (1_321, 1, "1,321 coins"),
        (0, 3, "0 diamonds"),
        (-2, 2, "-2 rewards"),
    ],
)
def test_amounts_as_people_read_them(amount, code, text):
    assert format_amount(amount, code) == text


def test_fiat_codes_are_iso_numbers_and_the_rest_is_ours():
    assert [code for code in CURRENCIES if not is_fiat(code)] == [0, 1, 2, 3]
    assert not is_fiat(999)
