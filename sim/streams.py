"""Random draws as a function: the same person has the same chances in every scenario, whatever happened before.

    >>> words = draw(seed=1, agent=1_000000000017, decision=3, occurrence=42)
    >>> 0 < uniform(words[0]) < 1
    True
    >>> below(words[1], 6) in range(6)
    True

A draw is one block of Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC'11): a bijection of a 128-bit counter under a 64-bit key, so coordinates that differ give blocks that differ, and no
state is kept. The key is the seed; the counter holds the coordinates without overlap:

    word 0          agent, bits 0 to 31
    word 1          agent, bits 32 to 47, below; decision, 16 bits, above
    words 2 and 3   occurrence, all 64 bits

So coordinates never collide while -2^47 <= agent < 2^47 (account ids end below 2^42, and -1 is nobody),
0 <= decision < 2^16, and occurrence is any int64. The ranges are not checked: this is the innermost function of a run.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.compiled import inlined, rule

ROUNDS: Final = 10
MULTIPLIER_0: Final = np.uint64(0xD2511F53)
MULTIPLIER_1: Final = np.uint64(0xCD9E8D57)
WEYL_0: Final = np.uint64(0x9E3779B9)  # the golden ratio
WEYL_1: Final = np.uint64(0xBB67AE85)  # sqrt(3) - 1

# Typed, because numba turns uint64 mixed with int64 into float64.
LOW: Final = np.uint64(0xFFFFFFFF)
LOW_16: Final = np.uint64(0xFFFF)
BITS_16: Final = np.uint64(16)
BITS_32: Final = np.uint64(32)

Word = int | np.uint64
Block = tuple[int, int, int, int]
Uint32Array = npt.NDArray[np.uint32]
IndexArray = npt.NDArray[np.integer]


class Words(NamedTuple):
    """The four words of many draws: arrays of one shape."""

    w0: Uint32Array
    w1: Uint32Array
    w2: Uint32Array
    w3: Uint32Array


def key_of(seed: int) -> int:
    """A seed of 64 bits as the int64 of the same bits, which draws alike: compiled rules take no larger int."""
    return seed - 2**64 if seed >= 2**63 else seed


@inlined
def philox(key_0: Word, key_1: Word, counter_0: Word, counter_1: Word, counter_2: Word, counter_3: Word) -> Block:
    """One block of Philox4x32-10: four uint32 from a key of two words and a counter of four."""
    k0, k1 = np.uint64(key_0), np.uint64(key_1)
    c0, c1, c2, c3 = np.uint64(counter_0), np.uint64(counter_1), np.uint64(counter_2), np.uint64(counter_3)
    for _ in range(ROUNDS):
        product_0 = MULTIPLIER_0 * c0
        product_1 = MULTIPLIER_1 * c2
        c0, c1, c2, c3 = (
            (product_1 >> BITS_32) ^ c1 ^ k0,
            product_1 & LOW,
            (product_0 >> BITS_32) ^ c3 ^ k1,
            product_0 & LOW,
        )
        k0 = (k0 + WEYL_0) & LOW
        k1 = (k1 + WEYL_1) & LOW
    return np.uint32(c0), np.uint32(c1), np.uint32(c2), np.uint32(c3)  # type: ignore[return-value]  # plain ints outside


@inlined
def counter(agent: Word, decision: Word, occurrence: Word) -> Block:
    """The four counter words of a draw's coordinates (see the head of this module)."""
    who, what, when = np.uint64(agent), np.uint64(decision), np.uint64(occurrence)
    return (  # type: ignore[return-value]  # plain ints outside
        np.uint32(who & LOW),
        np.uint32(((who >> BITS_32) & LOW_16) | (what << BITS_16)),
        np.uint32(when & LOW),
        np.uint32(when >> BITS_32),
    )


@rule
def draw(seed: int, agent: int, decision: int, occurrence: int) -> Block:
    """Four independent uint32 for one decision of one agent.

    Parameters
    ----------
    seed : the replication, 64 bits; from 2^63 on by its `key_of`
    agent : an account id, or -1 for what belongs to nobody
    decision : the code of the decision that is drawn for, in [0, 2^16)
    occurrence : which time this is: an hour, a slot, an item; never a count of what has happened
    """
    key = np.uint64(seed)
    c0, c1, c2, c3 = counter(agent, decision, occurrence)
    return philox(key & LOW, key >> BITS_32, c0, c1, c2, c3)


@rule
def draw_row(seed: int, first: int, decision: int, occurrence: int, words: Words) -> None:
    """The draws of consecutive agents, from `first` on, into `words`: eight times as quick as one at a time.

    Notes
    -----
    The loop holds nothing but integer arithmetic on independent lanes, so the compiler does four or eight at once.
    """
    key = np.uint64(seed)
    agent = np.uint64(first)
    for i in range(words.w0.shape[0]):
        c0, c1, c2, c3 = counter(agent + np.uint64(i), decision, occurrence)
        words.w0[i], words.w1[i], words.w2[i], words.w3[i] = philox(key & LOW, key >> BITS_32, c0, c1, c2, c3)


@rule
def draw_each(seed: int, first: int, places: IndexArray, decision: int, occurrence: int, words: Words) -> None:
    """The draws of the agents `first + places`, into the beginning of `words`."""
    key = np.uint64(seed)
    agent = np.uint64(first)
    for i in range(places.shape[0]):
        c0, c1, c2, c3 = counter(agent + np.uint64(places[i]), decision, occurrence)
        words.w0[i], words.w1[i], words.w2[i], words.w3[i] = philox(key & LOW, key >> BITS_32, c0, c1, c2, c3)


@rule
def uniform(word: int) -> float:
    """A float in (0, 1) from a uint32: the middle of its 2^-32 cell, exactly, and never 0 or 1."""
    return (float(word) + 0.5) * 2.0**-32


@rule
def below(word: int, n: int) -> int:
    """An integer in [0, n) from a uint32, for 0 < n <= 2^32; no chance is off by more than 2^-32."""
    return np.int64((np.uint64(word) * np.uint64(n)) >> BITS_32)  # type: ignore[return-value]  # a plain int outside
