"""Held columns: compiled code finds what it was handed once."""

import numpy as np
import pytest

from sim.compiled import on_columns
from sim.engines.columns.earnings import PAYOUT_ASKED, Earnings, new_earnings
from sim.engines.columns.held import Held, Room, within

earnings_in = within(Earnings)


@on_columns
def pay(room: Room, n: int, diamonds: int) -> int:
    earnings = earnings_in(room)
    earnings.creators[n].diamonds += diamonds
    earnings.payments.state[0] = 17
    return int(earnings.creators.shape[0] * 1000 + earnings.turns.entries.shape[0])


def new(n_creators: int = 4) -> Earnings:
    return new_earnings(np.zeros(n_creators, np.int64), 96)


def test_compiled_code_reads_and_writes_the_columns_themselves() -> None:
    held, earnings = Held(Earnings), new()
    assert pay(held.of(earnings), 2, 5) == pay(held.of(earnings), 2, 6) == 4004
    assert earnings.creators["diamonds"].tolist() == [0, 0, 11, 0]
    assert earnings.payments.state[0] == 17, "a part of a part"
    assert repr(held) == "<Held Earnings>"


def test_another_part_is_found_and_the_old_one_left_alone() -> None:
    held, old = Held(Earnings), new()
    pay(held.of(old), 0, 7)
    other = old._replace(creators=new(9).creators)
    assert pay(held.of(other), 0, 100) == 9004
    assert (old.creators["diamonds"][0], other.creators["diamonds"][0]) == (7, 100)


def test_what_is_the_same_is_not_looked_at_again() -> None:
    held, earnings = Held(Earnings), new()
    room = held.of(earnings)
    room[0] = 0  # spoilt
    held.of(earnings._replace(payouts=np.zeros(1, PAYOUT_ASKED)))
    assert room[0] == 0, "the first part is as it was"
    held.of(earnings._replace(creators=earnings.creators.copy()))
    assert room[0] != 0


def test_other_types_of_columns_are_refused() -> None:
    earnings = new()
    pay(Held(Earnings).of(earnings), 0, 1)
    locked = earnings.creators.copy()
    locked.flags.writeable = False
    with pytest.raises(TypeError, match="creators in other types of columns"):
        pay(Held(Earnings).of(earnings._replace(creators=locked)), 0, 1)
