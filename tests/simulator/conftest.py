"""A bare server which knows nothing but frames."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
import json
import logging
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from simulator import Profile, Timing, VirtualTerminal
from simulator.signal import Signal

type Frame = dict[str, Any]

CLOUD_TIME = "2026-03-01 12:00:00"


def accept_reg(_: Frame) -> Frame | None:
    return {"ret": "reg", "result": True, "cloudtime": CLOUD_TIME}


def accept_log(frame: Frame) -> Frame:
    ack = {key: frame[key] for key in ("count", "logindex")}
    return {"ret": "sendlog", "result": True, "cloudtime": CLOUD_TIME, **ack}


def accept_user(_: Frame) -> Frame | None:
    return {"ret": "senduser", "result": True, "cloudtime": CLOUD_TIME}


def keep_silent(_: Frame) -> Frame | None:
    return None


@dataclass
class Server:
    """Answers pushes from a table and remembers what it has seen."""

    url: str = ""
    sockets: list[ServerConnection] = field(default_factory=list)
    closed: int = 0
    messages: list[str | bytes] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    replies: dict[str, Callable[[Frame], Frame | None]] = field(
        default_factory=lambda: {
            "reg": accept_reg,
            "sendlog": accept_log,
            "senduser": accept_user,
        }
    )
    signal: Signal = field(default_factory=Signal)

    async def serve(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        self.signal.notify()
        try:
            async for message in socket:
                self.messages.append(message)
                frame = lenient(message)
                self.frames.append(frame)
                reply = self.replies.get(str(frame.get("cmd")), keep_silent)(frame)
                if reply is not None:
                    await socket.send(json.dumps(reply))
                self.signal.notify()
        except ConnectionClosed:
            pass
        finally:
            self.closed += 1
            self.signal.notify()

    async def send(self, frame: Frame) -> None:
        await self.sockets[-1].send(json.dumps(frame))

    async def call(self, cmd: str, **keys: Any) -> Frame:
        """Send a command and return the next frame which can be its answer."""
        start = len(self.frames)
        await self.send({"cmd": cmd, **keys})
        return await self.frame(cmd, after=start)

    async def silent(self, cmd: str, **keys: Any) -> bool:
        """Tell whether a command stays without an answer: the terminal answers in order."""
        start = len(self.frames)
        await self.send({"cmd": cmd, **keys})
        await self.call("gettime")
        return not any(cmd in (f.get("ret"), f.get("cmd")) for f in self.frames[start:])

    async def frame(self, name: str, after: int = 0, number: int = 1) -> Frame:
        """Wait for the n-th frame with this `cmd` or `ret`."""
        return await self.signal.until(lambda: self._find(name, after, number), 10)

    async def until(self, condition: Callable[[], bool]) -> None:
        await self.signal.until(condition, 10)

    def named(self, name: str, after: int = 0) -> list[Frame]:
        return [f for f in self.frames[after:] if name in (f.get("cmd"), f.get("ret"))]

    def _find(self, name: str, after: int, number: int) -> Frame | None:
        found = self.named(name, after)
        return found[number - 1] if len(found) >= number else None


def lenient(message: str | bytes) -> Frame:
    try:
        frame = json.loads(message)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}


class Lab:
    """Plugs in terminals and unplugs them at the end."""

    def __init__(self, server: Server, stack: AsyncExitStack) -> None:
        self.server = server
        self._stack = stack

    def terminal(self, profile: str | Profile = "tfs30", timing: Timing | None = None) -> VirtualTerminal:
        return VirtualTerminal(
            profile=profile,
            serial="ZX00000001",
            url=self.server.url,
            timing=timing or Timing.fast(),
        )

    async def plug_in(self, terminal: VirtualTerminal) -> VirtualTerminal:
        return await self._stack.enter_async_context(terminal)

    async def registered(self, profile: str | Profile = "tfs30", timing: Timing | None = None) -> VirtualTerminal:
        terminal = await self.plug_in(self.terminal(profile, timing))
        await terminal.wait_registered()
        return terminal


@asynccontextmanager
async def listening(server: Server, port: int = 0) -> AsyncIterator[Server]:
    async with serve(server.serve, "127.0.0.1", port, ping_interval=None) as listener:
        port = next(iter(listener.sockets)).getsockname()[1]
        server.url = f"ws://127.0.0.1:{port}/pub/chat"
        yield server


@pytest.fixture
async def server() -> AsyncGenerator[Server]:
    async with listening(Server()) as server:
        yield server


@pytest.fixture
async def lab(server: Server) -> AsyncGenerator[Lab]:
    async with AsyncExitStack() as stack:
        yield Lab(server, stack)


@pytest.fixture(autouse=True)
def _quiet_sockets() -> Generator[None]:
    """Each frame would be logged several times."""
    logger = logging.getLogger("websockets")
    level = logger.level
    logger.setLevel(logging.WARNING)
    yield
    logger.setLevel(level)


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Replace the plugin's fixture: a traceback for each callback costs more than all tests."""
