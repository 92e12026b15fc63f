"""Who is refused leaves nothing behind: whatever was made for a connection is gone once it has ended."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
import gc
import json
import logging

import pytest

from custom_components.timmy_access.protocol import listener as listener_module, lobby as lobby_module
from custom_components.timmy_access.protocol.answers import RegistrationRefused
from custom_components.timmy_access.protocol.commands import COMMANDS
from custom_components.timmy_access.protocol.commands.raw import raw_command
from custom_components.timmy_access.protocol.inflow import UNADMITTED_FRAMES
from custom_components.timmy_access.protocol.listener import Listener
from custom_components.timmy_access.protocol.messages import Registration
from custom_components.timmy_access.protocol.networks import PRIVATE, Networks
from custom_components.timmy_access.protocol.peer import Peer

from ..integration.leaks import running, until_only
from .conftest import LOOPBACK, REG, SERIAL, Desk
from .test_cost import PART, PING, STRANGER, TEXT, UPGRADE, end_of, raw

OURS = "custom_components.timmy_access"
# As often once to fill what is bounded, and once more to see that nothing is left of that.
TIMES = 12
# More than are taken in one frame, and more broken ones than end a connection.
RECORDS, BROKEN = 1_500, 25

type Visit = Callable[[Listener], Awaitable[None]]


class Doorman:
    """A gate that remembers nobody, and lets in one serial number."""

    async def admit(self, registration: Registration, peer: Peer) -> Desk | RegistrationRefused:  # noqa: ARG002
        return Desk() if registration.serial == SERIAL else RegistrationRefused(reason="Approve me")

    def turned_away(self, peer: Peer, port: int) -> None:
        pass


def text(frame: object) -> bytes:
    return raw(TEXT, json.dumps(frame).encode())


def saying(*data: bytes, upgrade: bytes = UPGRADE) -> Visit:
    """Return a visit of somebody who says all of this, hears whatever comes, and leaves where they may stay."""

    async def _visit(listener: Listener) -> None:
        reader, writer = await asyncio.open_connection(LOOPBACK, listener.port)
        try:
            writer.write(upgrade)
            if upgrade is UPGRADE:
                await reader.readuntil(b"\r\n\r\n")
            for part in data:
                writer.write(part)
            await writer.drain()
            writer.write(raw(0x88))
            writer.write_eof()
            await end_of(reader)
        except ConnectionError, asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    return _visit


async def from_outside(listener: Listener) -> None:
    listener.border.networks = Networks.of(["192.0.2.0/24"])
    await saying()(listener)
    listener.border.networks = PRIVATE


async def hanging_up(listener: Listener) -> None:
    _, writer = await asyncio.open_connection(LOOPBACK, listener.port)
    writer.transport.abort()


def held() -> Counter[str]:
    """Return what there is of ours, by what it is: objects, and classes that were made for one."""
    gc.collect()
    found: Counter[str] = Counter()
    for one in gc.get_objects():
        kind = type(one)
        if kind.__module__.startswith(OURS):
            found[kind.__qualname__] += 1
        elif kind is type and one.__module__.startswith(OURS):
            found[f"class {one.__qualname__}"] += 1
    return found


@pytest.fixture
def _unheard() -> Iterator[None]:
    """Log nothing: pytest keeps the errors that lines are about, and with them whatever they came through."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
async def doorway(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Listener]:
    """A listener that takes everybody at once."""
    for name in ("DIALS_AT_ONCE", "ALL_DIALS_AT_ONCE"):
        monkeypatch.setattr(lobby_module, name, 1_000)
    monkeypatch.setattr(listener_module, "REFUSAL_SECONDS", 0.0)
    listener = Listener(Doorman(), LOOPBACK, 0)
    await listener.start()
    yield listener
    await listener.stop()


KINDS: dict[str, Visit] = {
    "from outside": from_outside,
    "hanging up": hanging_up,
    "no request": saying(upgrade=b"\x16\x03\x01" + b"A" * 300),
    "no upgrade": saying(upgrade=b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    "nothing to say": saying(),
    "unknown": saying(text(STRANGER)),
    "unknown, again and again": saying(*[text({**STRANGER, "sn": f"ZX{n:08}"}) for n in range(5)]),
    "no registration": saying(text({"cmd": "sendlog", "sn": SERIAL, "record": [{"enrollid": 1}]})),
    "broken": saying(raw(TEXT, b'{"cmd":"reg",' + b"[" * 200)),
    "too many frames": saying(raw(TEXT, b'{"cmd":"x"}') * (UNADMITTED_FRAMES + 1)),
    "too many pings": saying(raw(PING) * (UNADMITTED_FRAMES + 1)),
    "too many parts": saying(raw(0x01, b"{") + raw(PART) * UNADMITTED_FRAMES),
    "admitted and broken": saying(text(REG), raw(TEXT, b'{"cmd":"sendlog",' + b"[" * 200) * BROKEN),
    "admitted, with more than firmware sends": saying(
        text(REG), text({"cmd": "sendlog", "sn": SERIAL, "record": [{"a": 1}] * RECORDS})
    ),
    "admitted, with what nobody knows": saying(text(REG), text({"cmd": "what", "sn": SERIAL, "x": [[[1]]]})),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("_unheard")
async def test_nothing_is_left_of_who_was_refused(doorway: Listener, kind: str) -> None:
    before = running()
    left: list[Counter[str]] = []
    for _ in range(2):
        for _ in range(TIMES):
            await KINDS[kind](doorway)
        await until_only(before)
        left.append(held())
    first, second = left
    assert second - first == Counter()
    assert len(doorway.lobby) == 0


def test_nothing_is_left_of_raw_commands() -> None:
    before = held()
    for number in range(TIMES):
        raw_command({"cmd": f"word{number}", "x": number}, COMMANDS)
    assert held() - before == Counter()
