"""A terminal that costs next to nothing, so that what is measured is the other side."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from time import perf_counter
from typing import Any, Self

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage

type Frame = Mapping[str, Any]
type Answers = Mapping[str, Callable[[Frame], Frame]]

# Nothing that is measured takes as long.
PATIENCE_SECONDS = 60.0
REFUSED_SECONDS = 0.2
# What every terminal says of itself; few words, so that few questions follow.
ABOUT = {"modelname": "AiFace", "firmware": "bench", "usersize": 3000, "useduser": 0, "usedlog": 0, "usednewlog": 0}


class LeanTerminal:
    """Registers, refuses every command it has no answer for, and asks as fast as it may."""

    def __init__(self, url: str, serial: str, answers: Answers | None = None) -> None:
        """Prepare; `async with` connects. `answers` tells by command what is answered beside `ret`."""
        self.serial = serial
        self._answers = answers or {}
        self._url = url
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[str, asyncio.Future[Frame]] = {}
        self.commands: dict[str, float] = {}
        """When each command came last, by `perf_counter`."""
        self.came = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Connect and register; dial again where too many do so at once, as terminals do."""
        while self._socket is None:
            try:
                self._socket = await connect(
                    self._url, compression=None, ping_interval=None, max_size=None, open_timeout=PATIENCE_SECONDS
                )
            except InvalidMessage, OSError:
                await asyncio.sleep(REFUSED_SECONDS)
        self._reader = asyncio.create_task(self._read())
        while True:
            reply = await self.ask({"cmd": "reg", "sn": self.serial, "devinfo": ABOUT})
            if reply.get("result"):
                return self
            await asyncio.sleep(REFUSED_SECONDS)

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader
        if self._socket is not None:
            await self._socket.close()

    async def ask(self, frame: Frame) -> Frame:
        """Send a frame and return its answer."""
        return await self.ask_with(orjson.dumps(frame).decode(), frame["cmd"])

    async def ask_with(self, text: str, word: str) -> Frame:
        """Send a frame that is ready, and return the answer to its word."""
        assert self._socket is not None  # noqa: S101 - inside the context
        answer: asyncio.Future[Frame]
        answer = self._waiting[word] = asyncio.get_running_loop().create_future()
        await self._socket.send(text)
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await answer

    async def push(self, messages: Sequence[bytes], word: str) -> None:
        """Send messages that are ready for the wire, each when the one before has been acknowledged."""
        assert self._socket is not None  # noqa: S101 - inside the context
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE_SECONDS) as patience:
            for message in messages:
                patience.reschedule(loop.time() + PATIENCE_SECONDS)
                answer = self._waiting[word] = loop.create_future()
                self._socket.transport.write(message)
                if not (await answer)["result"]:
                    raise RuntimeError("not acknowledged")

    async def timed(self, frame: Frame) -> tuple[float, Frame]:
        """Ask, and return also how many seconds the answer took."""
        begun = perf_counter()
        answer = await self.ask(frame)
        return perf_counter() - begun, answer

    async def _read(self) -> None:
        assert self._socket is not None  # noqa: S101
        with suppress(ConnectionClosed):
            async for data in self._socket:
                frame: Frame = orjson.loads(data)
                if (word := frame.get("ret")) is not None:
                    if (answer := self._waiting.pop(word, None)) is not None and not answer.done():
                        answer.set_result(frame)
                else:
                    word = frame["cmd"]
                    self.commands[word] = perf_counter()
                    self.came.set()
                    answer_to = self._answers.get(word, _refuse)
                    await self._socket.send(orjson.dumps({"ret": word, **answer_to(frame)}).decode())


def _refuse(_: Frame) -> Frame:
    return {"result": False, "reason": 1}
