"""The WebSocket interface of a Home Assistant, which is listened to all the time."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
import sys
from typing import Any, Self

import aiohttp

# How long any single change may take to show.
CHANGE_SECONDS = 30.0


class HomeError(Exception):
    """Home Assistant did not do what it was asked to."""


class HomeSocket:
    """A connection, logged in.

    Home Assistant closes those that do not answer its pings; so somebody listens also when nobody asks anything.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Listen on a connection that is logged in."""
        self._socket = socket
        self._ids = iter(range(1, sys.maxsize))
        self._results: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._events: dict[int, asyncio.Queue[dict[str, Any] | None]] = {}
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def opened(cls, session: aiohttp.ClientSession, url: str, token: str) -> Self:
        """Connect and log in; raises `HomeError` where that is refused."""
        socket = await session.ws_connect(url)
        await socket.receive_json(timeout=CHANGE_SECONDS)
        await socket.send_json({"type": "auth", "access_token": token})
        if (await socket.receive_json(timeout=CHANGE_SECONDS))["type"] != "auth_ok":
            raise HomeError("login refused")
        return cls(socket)

    @property
    def is_closed(self) -> bool:
        """Whether the connection has ended."""
        return self._listening.done()

    async def call(self, command: str, **arguments: Any) -> Any:
        """Return the result of a command; raises `HomeError` where it is refused, or the connection ends before."""
        return await self._call(next(self._ids), command, arguments)

    async def events(self, command: str, **arguments: Any) -> AsyncGenerator[dict[str, Any]]:
        """Yield what a subscription tells; raises `HomeError` where it tells nothing for too long, or ends."""
        number = next(self._ids)
        queue = self._events.setdefault(number, asyncio.Queue())
        try:
            await self._call(number, command, arguments)
            while (event := await asyncio.wait_for(queue.get(), CHANGE_SECONDS)) is not None:
                yield event
        except TimeoutError:
            raise HomeError(f"{command}: nothing within {CHANGE_SECONDS:.0f} s") from None
        finally:
            del self._events[number]
        raise HomeError("the connection has ended")

    async def close(self) -> None:
        """Close the connection."""
        await self._socket.close()
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening

    async def _call(self, number: int, command: str, arguments: dict[str, Any]) -> Any:
        if self.is_closed:
            raise HomeError("the connection has ended")
        result = self._results[number] = asyncio.get_running_loop().create_future()
        try:
            await self._socket.send_json({"id": number, "type": command, **arguments})
            answer = await asyncio.wait_for(result, CHANGE_SECONDS)
        except TimeoutError:
            raise HomeError(f"{command}: no answer within {CHANGE_SECONDS:.0f} s") from None
        except ConnectionError as err:
            raise HomeError("the connection has ended") from err
        finally:
            del self._results[number]
        if not answer["success"]:
            raise HomeError(answer["error"]["message"])
        return answer["result"]

    async def _listen(self) -> None:
        try:
            async for message in self._socket:
                said = message.json()
                for one in said if isinstance(said, list) else [said]:
                    self._hear(one)
        finally:
            for result in self._results.values():
                if not result.done():
                    result.set_exception(HomeError("the connection has ended"))
            for queue in self._events.values():
                queue.put_nowait(None)

    def _hear(self, said: dict[str, Any]) -> None:
        if said["type"] == "event" and (queue := self._events.get(said["id"])) is not None:
            queue.put_nowait(said["event"])
        elif (result := self._results.get(said["id"])) is not None and not result.done():
            result.set_result(said)
