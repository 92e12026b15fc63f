"""What a frame, a second and a stranger may cost: bounded where bytes arrive."""

import asyncio
from contextlib import suppress
import json
import struct
import threading
from unittest.mock import patch

import pytest
from websockets.exceptions import ConnectionClosed

from custom_components.timmy_access.protocol import codec, listener as listener_module
from custom_components.timmy_access.protocol.codec import (
    MAX_ITEMS,
    MAX_TOLERATED_IN_LOOP,
    MAX_VALUES,
    decode,
    decode_fairly,
)
from custom_components.timmy_access.protocol.errors import MalformedFrame
from custom_components.timmy_access.protocol.inflow import (
    MAX_PARTS,
    SLICE_BYTES,
    UNADMITTED_BYTES,
    UNADMITTED_FRAMES,
    Inflow,
)
from custom_components.timmy_access.protocol.listener import MAX_FRAME_BYTES, Listener

from .conftest import LOOPBACK, REG, Desk, Dial, OpenGate, ScriptedTerminal

UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
PING, TEXT, PART = 0x89, 0x81, 0x00
STRANGER = {**REG, "sn": "ZX99999999"}


def raw(first: int, payload: bytes = b"") -> bytes:
    """Return a frame as it is on the network, with a mask that changes nothing."""
    size = len(payload)
    head = bytes([first, 0x80 | size]) if size < 126 else bytes([first, 0x80 | 126]) + struct.pack(">H", size)
    return head + bytes(4) + payload


async def end_of(reader: asyncio.StreamReader) -> bytes:
    """Return what still comes before the connection ends."""
    async with asyncio.timeout(5):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize(
    "flood",
    [
        raw(TEXT, b'{"cmd":"x"}') * (UNADMITTED_FRAMES + 1),
        raw(PING) * (UNADMITTED_FRAMES + 1),
        raw(0x01, b"{") + raw(PART) * UNADMITTED_FRAMES,
        raw(TEXT, b"x" * 15_000) * 3,
    ],
    ids=["frames", "pings", "parts", "bytes"],
)
async def test_a_stranger_that_sends_too_much_is_cut_off(listener: Listener, flood: bytes) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, listener.port)
    writer.write(UPGRADE)
    await reader.readuntil(b"\r\n\r\n")
    writer.write(flood)
    answers = await end_of(reader)
    assert len(answers) < UNADMITTED_FRAMES * 8
    assert len(listener.lobby) == 0
    writer.close()


async def test_a_request_without_end_is_cut_off(listener: Listener) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, listener.port)
    writer.write(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * (UNADMITTED_BYTES // 6))
    await end_of(reader)
    assert len(listener.lobby) == 0
    writer.close()


async def test_asking_again_gains_no_time(dial: Dial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener_module, "REFUSED_SECONDS", 0.3)
    monkeypatch.setattr(listener_module, "REFUSAL_SECONDS", 0.05)
    stranger = await dial()
    asked = 0
    with suppress(ConnectionClosed):
        while asked < 100:
            await stranger.ask(STRANGER)
            asked += 1
    assert 0 < asked <= 6


async def test_guesses_have_a_pause_between_them(dial: Dial, gate: OpenGate) -> None:
    """Not more are looked at than the pause allows, however many are sent together."""
    stranger = await dial()
    for number in range(20):
        await stranger.say({**STRANGER, "sn": f"ZX{number:08}"})
    await stranger.hear()
    assert len(gate.asked) <= 2


async def test_an_admitted_terminal_may_send_what_a_stranger_may_not(terminal: ScriptedTerminal, desk: Desk) -> None:
    for _ in range(2 * UNADMITTED_FRAMES):
        await terminal.say({"cmd": "heartbeat", "filler": "x" * 1_000})
        assert (await terminal.hear())["ret"] == "heartbeat"
    assert desk.counters.cut_off == 0


async def test_a_message_of_too_many_parts_is_cut_off(listener: Listener) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, listener.port)
    writer.write(UPGRADE)
    await reader.readuntil(b"\r\n\r\n")
    writer.write(raw(TEXT, json.dumps(REG).encode()))
    await reader.readuntil(b"}")
    writer.write(raw(0x01, b"{") + raw(PART) * (MAX_PARTS + 1))
    await end_of(reader)
    writer.close()


class Pipe:
    """Notes whether it is to be read from."""

    reading = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


async def test_what_arrives_together_is_parsed_in_slices_with_the_loop_free_between_them() -> None:
    pipe, parsed = Pipe(), list[bytes]()
    inflow = Inflow(pipe, parsed.append)  # type: ignore[arg-type]  # all of a transport that it uses
    inflow.slice_bytes = SLICE_BYTES
    data = bytes(range(256)) * 256
    inflow.take(data)
    assert [len(part) for part in parsed] == [SLICE_BYTES]
    assert not pipe.reading
    inflow.pause()
    for _ in range(3):
        await asyncio.sleep(0)
    assert len(parsed) == 1
    inflow.resume()
    while not pipe.reading:
        before = len(parsed)
        await asyncio.sleep(0)
        assert len(parsed) - before <= 1
    assert b"".join(parsed) == data
    inflow.take(b"next")
    assert parsed[-1] == b"next"


@pytest.mark.parametrize(
    "frame",
    [
        '{"cmd":"sendlog","record":[' + "{}," * MAX_ITEMS + "{}]}",
        '{"cmd":"x","a":{' + ",".join(f'"{number}":0' for number in range(MAX_VALUES)) + "}}",
        '{"cmd":"x","a":[[' + "[]," * MAX_VALUES + "]]}",
        '{"cmd":"x","a":"' + ("\\\\" * codec.MAX_TOLERATED_MARKS) + '",}',
        '"' * (MAX_FRAME_BYTES // 2),
    ],
    ids=["records", "keys", "lists", "backslashes", "quotes"],
)
async def test_more_than_firmware_sends_is_not_read(frame: str) -> None:
    for data in (frame, frame.encode()):
        with pytest.raises(MalformedFrame):
            decode(data)
        with pytest.raises(MalformedFrame):
            await decode_fairly(data)


async def test_a_large_photo_is_read_though_its_frame_has_a_trailing_comma() -> None:
    photo = "QUJD\\/" * (MAX_TOLERATED_IN_LOOP // 2)
    frame = '{"cmd":"sendlog","record":[{"enrollid":1,"image":"' + photo + '"},]}'
    assert decode(frame) == await decode_fairly(frame)
    read = (await decode_fairly(frame.encode()))["record"][0]["image"]
    assert read == photo.replace("\\", "")


async def test_one_thread_reads_what_is_broken_and_large_for_all_terminals(
    terminal: ScriptedTerminal, desk: Desk
) -> None:
    """Each thread that has done so holds some megabytes for good."""
    threads = []
    tolerantly = codec._decode_tolerantly

    def _decode(data: str | bytes) -> object:
        threads.append(threading.current_thread())
        return tolerantly(data)

    broken = '{"cmd":"heartbeat","filler":"' + "x" * 2 * MAX_TOLERATED_IN_LOOP + '",}'
    with patch.object(codec, "_decode_tolerantly", _decode):
        for _ in range(8):
            await terminal.say(broken)
            assert (await terminal.hear())["ret"] == "heartbeat"
    assert len(threads) == 8
    assert len(set(threads)) == 1
    assert threads[0] is not threading.current_thread()
    assert desk.counters.malformed == 0
