"""How a wallet runs, and what it says of itself once it serves."""

from typing import Final, Literal

import msgspec

DEFAULT_STORE: Final = "sqlite:wallet.db"
DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8765


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a wallet runs; `watch_stdin` ends it with its standard input, `port` 0 takes any free one."""

    store: str = DEFAULT_STORE
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    clock: Literal["wall", "trace"] = "wall"
    ready_file: str | None = None
    allow_remote: bool = False
    watch_stdin: bool = False


class Ready(msgspec.Struct, frozen=True):
    """Where a wallet serves; also the content of the ready file."""

    pid: int
    url: str
    store: str
    token_file: str
