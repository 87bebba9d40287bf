"""Held columns: handed to compiled code once, and found there by itself at every call.

    held = Held(Viewers)
    step(held.of(viewers), 1)               # in each window; looked at anew only where a part of it is another

    viewers_in = within(Viewers)

    @on_columns
    def step(room: Room, n: int) -> None:
        viewers = viewers_in(room)

To hand over a hundred columns one by one takes longer than a quiet window's work. A room is memory in which the
addresses of the columns stand, part by part, each behind a mark of its types. The columns live as long as their `Held`,
which is asked again before each call.
"""

import hashlib
from collections.abc import Callable
from itertools import accumulate
from typing import Any, Final, Generic, TypeVar, cast

import numba
import numpy as np
from numba.core import types
from numba.extending import intrinsic

from sim.behavior.types import Int64Array
from sim.compiled import on_columns

Room = Int64Array

_Value = TypeVar("_Value", bound=tuple[Any, ...])

_KINDS: Final[dict[type, Any]] = {}  # what is held, as compiled code sees it
_typeof: Any = numba.typeof
_WORDS_OF_NUMBER: Final = 1
_WORDS_OF_COLUMN: Final = 5  # and two for each axis


class Held(Generic[_Value]):
    """A NamedTuple of columns and numbers, at any depth, and the room that stands for it."""

    def __init__(self, kind: type[_Value]) -> None:
        self._kind = kind
        self._value: tuple[Any, ...] = ()
        self._room: Room = np.zeros(0, np.int64)
        self._parts: list[Room] = []

    def __repr__(self) -> str:
        return f"<Held {self._kind.__name__}>"

    def of(self, value: _Value) -> Room:
        """The room for a value, which is held until the next; a part that is the same object is not looked at again."""
        if value is self._value:
            return self._room
        if not self._parts:
            self._make_room(value)
        for part, new, old in zip(self._parts, value, self._value, strict=True):
            if new is old:
                continue
            if type(new) is type(old) is int:
                part[1] = new
            else:
                _hold(part, new)
        self._value = value
        return self._room

    def _make_room(self, value: _Value) -> None:
        kind = _KINDS.setdefault(self._kind, _typeof(value))
        *places, end = _places(kind)
        self._room = np.zeros(end, np.int64)
        self._parts = [self._room[place:] for place in places]
        for part, first in zip(self._parts, value, strict=True):
            _hold(part, first)
        self._value = value


def within(kind: type[_Value]) -> Callable[[Room], _Value]:
    """What compiled code calls to find a value of this kind in its room.

    Raises
    ------
    TypeError : compiled when a part had other types of columns; raised by the compiled code
    """

    def found(_: Any, room: Any) -> tuple[Any, Callable[..., Any]]:
        of = _KINDS[kind]

        def load(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            data, parts = _data(context, builder, signature, arguments), []
            for name, part, at in zip(of.fields, of, _places(of), strict=False):
                place = builder.gep(data, [context.get_constant(types.intp, at)])
                with builder.if_then(builder.icmp_unsigned("!=", builder.load(place), place.type.pointee(_mark(part)))):
                    context.call_conv.return_user_exc(builder, TypeError, (f"{name} in other types of columns",))
                parts.append(context.unpack_value(builder, part, _behind_mark(context, builder, place, part)))
            return context.make_tuple(builder, of, parts)

        return of(room), load

    return cast("Callable[[Room], _Value]", intrinsic(found))


@on_columns
def _hold(room: Room, value: Any) -> None:
    _store(room, value)


def _storing(_: Any, room: Any, value: Any) -> tuple[Any, Callable[..., Any]]:
    def store(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _data(context, builder, signature, arguments)
        builder.store(place.type.pointee(_mark(value)), place)
        uncounted = _uncounted(context, builder, value, arguments[1])
        context.pack_value(builder, value, uncounted, _behind_mark(context, builder, place, value))
        return context.get_dummy_value()

    return types.none(room, value), store


_store: Any = intrinsic(_storing)


def _uncounted(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """The value without what counts references to its columns, which a room doesn't take part in."""
    if isinstance(kind, types.BaseTuple):
        parts: Any = kind
        for n, part in enumerate(parts):
            plain = _uncounted(context, builder, part, builder.extract_value(value, n))
            value = builder.insert_value(value, plain, n)
    elif isinstance(kind, types.Array):
        column = context.make_array(kind)(context, builder, value)
        column.meminfo, column.parent = column.meminfo.type(None), column.parent.type(None)
        value = column._getvalue()  # noqa: SLF001  numba's own name for it
    return value


def _data(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return context.make_array(signature.args[0])(context, builder, arguments[0]).data


def _behind_mark(context: Any, builder: Any, place: Any, kind: Any) -> Any:
    """The address of a value of a kind."""
    behind = builder.gep(place, [context.get_constant(types.intp, 1)])
    return builder.bitcast(behind, context.get_data_type(kind).as_pointer())


def _mark(kind: Any) -> int:
    """Tells types apart: code may be read from a cache that was compiled for others."""
    return int.from_bytes(hashlib.sha256(repr(kind).encode()).digest()[:7])


def _places(kind: Any) -> list[int]:
    """Where each part begins, with its mark, and where the last one ends, in words."""
    return list(accumulate((1 + _words(part) for part in kind), initial=0))


def _words(kind: Any) -> int:
    if isinstance(kind, types.BaseTuple):
        parts: Any = kind
        return sum(map(_words, parts))
    return _WORDS_OF_COLUMN + 2 * kind.ndim if isinstance(kind, types.Array) else _WORDS_OF_NUMBER
