"""What arrives from one peer, let in a little at a time.

The network hands over up to 256 kB in one step, which may be tens of thousands of frames. They are parsed in slices,
with the event loop free between them, and no faster than a share of the processor's time. Meanwhile nothing is read,
so that TCP slows the peer down. Whoever is not admitted has a budget besides, and is cut off with what exceeds it.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from .effort import Effort
from .throttle import Throttle

# Bytes that are parsed in one step: of frames that hold nothing some 1,400, which takes some ten milliseconds.
SLICE_BYTES = 8 * 1024
# Of one that is not admitted: a registration is mostly less than this (field notes 1, frame sizes).
UNADMITTED_SLICE_BYTES = 2 * 1024
# Of one that is not admitted: the request to upgrade, and registrations of up to 1,000 bytes every 20 s (field notes
# 1); a first one may be as large as a frame may be.
UNADMITTED_BYTES = 32 * 1024
UNADMITTED_BYTES_PER_SECOND = 1_000
# Broken frames are borne for a while, and some firmware pings; whoever says more than this is no terminal.
UNADMITTED_FRAMES = 32
UNADMITTED_FRAMES_PER_SECOND = 1.0
# Parts of one message: the library cuts off the same number, and terminals send a message in one part.
MAX_PARTS = 4096


class Budget:
    """What a peer that is not admitted may send."""

    def __init__(self) -> None:
        """Start full."""
        self._bytes = Throttle(UNADMITTED_BYTES_PER_SECOND, UNADMITTED_BYTES)
        self._frames = Throttle(UNADMITTED_FRAMES_PER_SECOND, UNADMITTED_FRAMES)

    def allows_bytes(self, count: int) -> bool:
        """Return whether so many bytes are within it."""
        return self._bytes.spend(count)

    def allows_frame(self) -> bool:
        """Return whether one more frame, of any kind, is within it."""
        return self._frames.spend(1)


class Inflow:
    """The bytes of one connection that are not parsed yet; reading pauses for each of several reasons."""

    def __init__(self, transport: asyncio.Transport, parse: Callable[[bytes], None]) -> None:
        """Read from `transport` and give slices to `parse`."""
        self._transport = transport
        self._parse = parse
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[bytes] = deque()
        self._next: asyncio.TimerHandle | None = None
        self._full = False
        self._ended = False
        self.slice_bytes = UNADMITTED_SLICE_BYTES
        self.effort = Effort()

    def take(self, data: bytes) -> None:
        """Take what has arrived, and parse the first of it now unless something waits already."""
        self._waiting.append(data)
        if self._next is None and not self._full:
            self._go_on()

    def pause(self) -> None:
        """Parse nothing until `resume`: what has been parsed is not wanted yet."""
        self._full = True
        self._transport.pause_reading()

    def resume(self) -> None:
        """Go on."""
        self._full = False
        if self._next is None:
            self._next = self._loop.call_later(0, self._go_on)

    def end(self) -> None:
        """Parse nothing any more."""
        self._ended = True
        self._waiting.clear()
        if self._next is not None:
            self._next.cancel()

    def _go_on(self) -> None:
        self._next = None
        pause = 0.0
        if self._waiting and not self._full:
            data = self._waiting.popleft()
            if len(data) > self.slice_bytes:
                self._waiting.appendleft(data[self.slice_bytes :])
                data = data[: self.slice_bytes]
            with self.effort.measured():
                self._parse(data)
            pause = self.effort.rest()
        if self._ended or self._full:
            return
        if self._waiting or pause:
            self._transport.pause_reading()
            self._next = self._loop.call_later(pause, self._go_on)
        else:
            self._transport.resume_reading()
