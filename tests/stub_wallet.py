"""A wallet that only says yes: the HTTP contract's answers without accounts behind them.

    with StubWallet() as wallet:
        RemoteWallet(wallet.url, "token").announce(operations, "b1")

A gift's key is its fan's: under another token nothing is found.
`StubWallet(answer=...)` may answer operations otherwise, or not at all (None drops the connection).
Run as a program it is the null server that a load generator is measured against.
"""

import asyncio
import json
import re
import threading
from collections.abc import Callable
from typing import Self, cast

Answer = tuple[int, dict[str, object]] | None
Answerer = Callable[[str, str, dict[str, object]], Answer]

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_KEY = re.compile(rb"idempotency-key: *(\S+)", re.IGNORECASE)


def accept(_path: str, key: str, _body: dict[str, object]) -> Answer:
    """Yes to everything."""
    return 200, {"key": key, "outcome": "accepted", "replayed": False}


class _Protocol(asyncio.Protocol):
    def __init__(self, answer: Answerer) -> None:
        self.answer = answer
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end]
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self.received) < whole:
                return
            body, self.received = self.received[end + 4 : whole], self.received[whole:]
            self.reply(head, body)

    def reply(self, head: bytes, body: bytes) -> None:
        path = head.split(b" ", 2)[1].decode()
        key = _KEY.search(head)
        if path.startswith("/v1/operations/") and b"Bearer own" not in head:
            answer: Answer = 404, {"title": "Not found"}
        else:
            answer = self._answer(path, key[1].decode() if key else "", body)
        if answer is None:
            self.transport.abort()
            return
        content = json.dumps(answer[1]).encode()
        line = f"HTTP/1.1 {answer[0]} X\r\nContent-Length: {len(content)}\r\n\r\n"
        self.transport.write(line.encode() + content)

    def _answer(self, path: str, key: str, body: bytes) -> Answer:
        if path == "/v1/batches":
            operations = json.loads(body)["operations"]
            return 200, {"results": [{"key": done["key"], "outcome": "accepted"} for done in operations]}
        if path == "/v1/tokens":
            return 200, {"tokens": ["own"] * len(json.loads(body)["subjects"])}
        return self.answer(path, key, json.loads(body) if body else {})


class StubWallet:
    """Serves in a thread, on a free port."""

    def __init__(self, answer: Answerer = accept) -> None:
        self._answer = answer
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            self._loop.create_server(lambda: _Protocol(self._answer), "127.0.0.1", 0)
        )
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._server.close()
        self._loop.run_until_complete(self._server.wait_closed())
        self._loop.close()


class _NullProtocol(_Protocol):
    """Answers an operation with bytes made once, so that it isn't the limit."""

    YES = b'HTTP/1.1 200 OK\r\nContent-Length: 39\r\n\r\n{"outcome":"accepted","replayed":false}'

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"POST /v1/operations"):
            self.transport.write(self.YES)
        else:
            super().data_received(data)


async def serve_null() -> None:
    """Serve until killed, and say where."""
    server = await asyncio.get_running_loop().create_server(lambda: _NullProtocol(accept), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201  a program's answer
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve_null())
