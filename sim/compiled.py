"""Compiled rules: the one place that configures numba.

    @rule
    def shortfall(price: int, balance: int) -> int:
        return max(price - balance, 0)

    shortfall(100, 30)      # 70, here as in every compiled caller

A rule is plain Python over numbers, compiled at its first call and kept on disk, so that only the first run on a
machine waits for the compiler. It computes what Python would: no reordered sums and no fused multiply-add (`fastmath`
off), and a division by zero raises, as it does uncompiled.

Numba's disk cache looks at the file of the function it compiled, not at the files of the functions that were inlined
into it: an edited rule, used from another file, would keep its old answer. So the cache lives in a folder named by the
hash of every source that may hold a rule or what one needs, and an edit of any of them starts a new one.
"""

import atexit
import hashlib
import importlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar, cast

STALE_AFTER_S: Final = 30 * 24 * 3600
WITHOUT_RULES: Final = ("cli", "experiments", "model", "report")  # layers above every rule: a test holds it

_Function = TypeVar("_Function", bound=Callable[..., object])


def sources_hash(package: Path) -> str:
    """A hash of the names and contents of the Python sources under a folder, layers without rules apart."""
    digest = hashlib.sha256()
    for source in sorted(package.rglob("*.py")):
        name = source.relative_to(package)
        if name.parts[0] in WITHOUT_RULES:
            continue
        content = source.read_bytes()
        digest.update(f"{name.as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def cache_folder(package: Path, caches: Path) -> Path:
    """The folder for compiled code of these sources, made if need be; a temporary one where that can't be written."""
    siblings = caches / "coinworks" / "numba"
    folder = siblings / sources_hash(package)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)  # in use, so not stale
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return _temporary_folder()
    _remove_stale(siblings)
    return folder


def _temporary_folder() -> Path:
    # Private and removed at exit: numba unpickles what it finds in its cache, so a name that others can guess won't do.
    folder = Path(tempfile.mkdtemp(prefix="coinworks-numba-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _remove_stale(siblings: Path) -> None:
    oldest = time.time() - STALE_AFTER_S
    for folder in siblings.iterdir():
        try:
            stale = folder.stat().st_mtime < oldest
        except FileNotFoundError:  # another process was quicker
            continue
        if stale:
            shutil.rmtree(folder, ignore_errors=True)


def _user_caches() -> Path:
    given = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if given.is_absolute():  # the XDG rule: a relative path counts as unset
        return given
    try:
        return Path.home() / ".cache"
    except RuntimeError:  # a user without a home: nowhere to write
        return Path(os.devnull)


if "NUMBA_CACHE_DIR" not in os.environ:
    os.environ["NUMBA_CACHE_DIR"] = str(cache_folder(Path(__file__).parent, _user_caches()))

import numba  # noqa: E402  it reads NUMBA_CACHE_DIR when it is imported


def _import_without_blas() -> None:
    """Let numba find no products of matrices: no rule computes them, and it would load all of scipy.linalg."""
    if "scipy.linalg" in sys.modules:
        return
    sys.modules["scipy.linalg"] = None  # type: ignore[assignment]  # an import of it fails
    try:
        importlib.import_module("numba.np.arraymath")
    finally:
        del sys.modules["scipy.linalg"]


_import_without_blas()
numba.config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"]  # type: ignore[attr-defined]  # if imported before us


def _compiler(**options: Any) -> Callable[[_Function], _Function]:
    options |= {"cache": True, "fastmath": False, "error_model": "python", "nogil": True, "no_cfunc_wrapper": True}
    compile_ = numba.njit(**options)
    return cast("Callable[[_Function], _Function]", lambda function: _once_a_type(compile_(function)))


def _once_a_type(dispatcher: Any) -> Any:
    """Compile once for all numbers of a type; numba would once more for each constant that stands in a call."""
    template_of = dispatcher.get_call_template
    general: Callable[[Any], Any] = numba.types.unliteral

    def get_call_template(args: Iterable[Any], kws: Mapping[str, Any]) -> Any:
        return template_of([general(kind) for kind in args], {name: general(kind) for name, kind in kws.items()})

    dispatcher.get_call_template = get_call_template
    return dispatcher


def rule(function: _Function) -> _Function:
    """Compile a pure function of numbers, for both engines; it releases the GIL while it runs."""
    return _compiler()(function)


def inlined(function: _Function) -> _Function:
    """Compile as a `rule`, copied into each caller: for the innermost arithmetic, whose loops then run on vectors."""
    return _compiler(inline="always")(function)


def on_columns(function: _Function) -> _Function:
    """Compile a function that changes columns and makes none.

    References to arrays are not counted, for its caller holds them all: counting took nine tenths of the time of the
    windowed engine's inner loop.
    """
    return _compiler(_nrt=False)(function)


def inner(function: _Function) -> _Function:
    """Compile as `on_columns`, into its compiled callers only.

    Handing a hundred columns to a callee takes longer than most callees work: inlined, the windowed engine's kernel is
    twice as quick. It is the LLVM code that is copied, not the source, so each function is still analysed once. A way
    in from Python, which takes as long to compile as a small function, is left out.
    """
    return _compiler(_nrt=False, no_cpython_wrapper=True, forceinline=True)(function)
