"""Tasks: a function of many arguments, wherever an executor runs it, with the part that is done told on the way."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from typing import Any, TypeVar

from sim.engines.windowed import unseen

Tell = Callable[[float], None]
Answer = TypeVar("Answer")

__all__ = ["Tell", "each", "unseen"]


def each(
    function: Callable[..., Answer], tasks: Sequence[Iterable[Any]], executor: Executor | None, tell: Tell = unseen
) -> list[Answer]:
    """What the function answers to each task's arguments, in their order; `tell` hears the share that is done.

    >>> each(pow, [(2, 3), (3, 2)], None)
    [8, 9]
    """
    apply: Callable[..., Iterable[Answer]] = map if executor is None else executor.map
    found: list[Answer] = []
    for answer in apply(function, *zip(*tasks, strict=True)):
        found.append(answer)
        tell(len(found) / len(tasks))
    return found
