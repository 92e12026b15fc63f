"""What the house promises at its doors, checked the moment a frame is sent.

Nothing here looks into the integration: it knows who has asked for what, what was allowed, and what was sent.
"""

import asyncio
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from custom_components.timmy_access.guests.book import REPEAT_SECONDS
from custom_components.timmy_access.protocol.exchange import DOOR_WRITE_SECONDS
from custom_components.timmy_access.terminal.clock import PRESENT
from homeassistant.util import dt as dt_util

from .ordered import Ordered
from .stillness import StillLoop
from .wires import Fate, Origin, Sent, Wire

# Terminals tell whole seconds.
ROUNDING = timedelta(seconds=1)
# From a scan to the use that is counted for it: a PIN may wait for the terminal to tell its time.
COUNTING_SECONDS = 1.0
# What a decision may take: the clock, a look into the ledger, an automation, the disk, the network.
DECIDING_SECONDS = 1 + 1 + 2 + 1 + 2
LITTLE = 1e-6


@dataclass(eq=False)
class Entrance:
    """A guest was let in, by one scan or by one that repeats it."""

    serial: str
    code: str
    asked_at: float
    grants: list[Sent] = field(default_factory=list)

    @property
    def counts(self) -> bool:
        """Whether somebody has come in, or still may."""
        return any(sent.fate in (Fate.PENDING, Fate.HEARD) for sent in self.grants)


@dataclass(eq=False)
class Guest:
    """A pass, as whoever made it knows it.

    `untils` and `limits` hold more than one value while, or after, a change of which is not known whether it holds.
    """

    pass_id: str
    code: str
    pin: str | None
    doors: Mapping[str, frozenset[int]]
    valid_from: datetime | None
    untils: set[datetime | None]
    hours: tuple[time, time] | None
    limits: set[int | None]
    is_revoked: bool = False
    is_safe: bool = False  # its revocation was confirmed
    is_changing: bool = False
    entrances: list[Entrance] = field(default_factory=list)

    def is_valid(self, now: datetime) -> bool:
        local = dt_util.as_local(now).time()
        return (
            (self.valid_from is None or now >= self.valid_from)
            and any(until is None or now < until for until in self.untils)
            and (self.hours is None or self.hours[0] <= local < self.hours[1])
        )

    @property
    def limit(self) -> float:
        return max(float("inf") if limit is None else limit for limit in self.limits)


@dataclass(eq=False)
class Shown(Origin):
    """Somebody has shown a code or typed a PIN; `guest` is whose it is."""

    serial: str
    code: str
    guest: Guest | None
    made_at: datetime
    offsets: frozenset[float] = frozenset({0.0})
    is_timed: bool = False
    automation: bool = False
    entrance: Entrance | None = None
    opened: set[int] = field(default_factory=set)


@dataclass(eq=False)
class Punched(Origin):
    """A terminal tells of a punch."""

    serial: str
    enroll_id: int
    made_at: datetime
    shown: str
    offsets: frozenset[float]
    automation: bool = False

    @property
    def identity(self) -> Hashable:
        return (self.serial, self.enroll_id, self.shown)


@dataclass(eq=False)
class Called(Origin):
    """Somebody has called for a door, or for a change of a pass."""

    what: str
    serial: str = ""
    door: int = 0
    task: asyncio.Task[Any] | None = None
    is_cancelled: bool = False
    sent: int = 0


class Oracle:
    """Judges what is sent."""

    def __init__(self, loop: StillLoop, wall: Callable[[], datetime]) -> None:
        self._loop = loop
        self._wall = wall
        self.wrong: list[str] = []
        self.deaf: set[Any] = set()
        self.approves: Callable[[Wire, int], bool] = lambda _wire, _enroll_id: False
        self.granted: set[Hashable] = set()
        self.grants = self.openings = self.frames = 0
        self.ordered = Ordered()

    def judge(self, wire: Wire, frame: dict[str, Any], origin: Origin | None) -> Sent:
        """Look at a frame that is being sent."""
        sent = Sent(frame, self._loop.idle)
        self.frames += 1
        self._check(wire.hub not in self.deaf, "a listener that has stopped speaks", frame)
        word = frame.get("cmd") or frame.get("ret")
        # The last that it is told puts its relay to rest.
        self._check(not wire.is_cut or word == "lockctrl", "a terminal that was removed is spoken to", frame)
        serial = wire.firmware.serial
        opens = frame.get("access") or (word == "opendoor" and "cmd" in frame)
        self._check(not opens or serial not in self.ordered.locked, "somebody is let in during a lockdown", frame)
        if word == "opendoor" and "cmd" in frame:
            self.openings += 1
            self._check_opening(wire, sent, origin)
        elif word == "lockctrl":
            if wrong := self.ordered.judge(serial, frame, origin, self._wall(), self._loop.time()):
                self._forbid(wrong, frame)
        elif frame.get("access"):
            self.grants += 1
            if isinstance(origin, Punched) and word == "sendlog":
                self._check_punch(wire, frame, origin)
            elif isinstance(origin, Shown) and word in ("sendqrcode", "sendpin"):
                self._check_code(wire, sent, origin)
            else:
                self._forbid("nobody has asked to come in", frame)
        return sent

    def hear(self, sent: Sent) -> None:
        """Look at a frame that reaches its terminal."""
        if sent.frame.get("cmd") == "opendoor" or sent.frame.get("access"):
            late = self._loop.idle - sent.idle
            self._check(late <= DOOR_WRITE_SECONDS + LITTLE, f"what opens is heard {late:.1f} s late", sent.frame)

    # Doors

    def _check_opening(self, wire: Wire, sent: Sent, origin: Origin | None) -> None:
        frame, serial = sent.frame, wire.firmware.serial
        door = frame.get("doornum")
        if not isinstance(door, int) or not 1 <= door <= wire.firmware.doors:
            self._forbid("no door is named", frame)
            return
        if not isinstance(origin, (Called, Shown)) or origin.asked_at is None:
            self._forbid("nobody has asked for a door", frame)
            return
        late = self._loop.time() - origin.asked_at
        self._check(late < DOOR_WRITE_SECONDS + LITTLE, f"a door opens {late:.1f} s late", frame)
        if isinstance(origin, Called):
            origin.sent += 1
            self._check((origin.serial, origin.door) == (serial, door), "another door opens", frame)
            self._check(not origin.is_cancelled, "a door opens for a call that was cancelled", frame)
            self._check(origin.sent == 1, "a door opens twice for one call", frame)
            return
        self._check(origin.serial == serial, "a door opens at another terminal", frame)
        self._check(door not in origin.opened, "a door opens twice for one scan", frame)
        origin.opened.add(door)
        if origin.guest is None:
            self._forbid("a door opens for a code that nobody has", frame)
            return
        self._check_guest(origin.guest, origin, frame, frozenset({door}))
        self._enter(origin.guest, origin, sent)

    # Answers

    def _check_code(self, wire: Wire, sent: Sent, origin: Shown) -> None:
        frame = sent.frame
        self._check(origin.serial == wire.firmware.serial, "another terminal is answered", frame)
        if origin.is_timed:
            self._check_present(origin, origin.made_at, origin.offsets, frame)
        if origin.automation:
            return
        if origin.guest is None:
            self._forbid("a code opens that nobody has", frame)
            return
        self._check_guest(origin.guest, origin, frame, frozenset(range(1, wire.firmware.doors + 1)))
        self._enter(origin.guest, origin, sent)

    def _check_guest(self, guest: Guest, origin: Shown, frame: dict[str, Any], doors: frozenset[int]) -> None:
        now = self._wall()
        asked = self._asked(origin)
        self._check(not guest.is_revoked, "a pass that was revoked opens", frame)
        self._check(guest.doors.get(origin.serial, frozenset()) >= doors, "a pass opens another door", frame)
        self._check(guest.is_valid(now) or guest.is_valid(asked), "a pass opens outside its time", frame)

    def _enter(self, guest: Guest, origin: Shown, sent: Sent) -> None:
        """Count who comes in; a reader that reads a code again at once does not count twice."""
        asked_at = origin.asked_at or 0.0
        if origin.entrance is None:
            origin.entrance = next(
                (
                    one
                    for one in guest.entrances
                    if (one.serial, one.code) == (origin.serial, origin.code)
                    and asked_at - one.asked_at < REPEAT_SECONDS + COUNTING_SECONDS
                ),
                None,
            )
        if origin.entrance is None:
            origin.entrance = Entrance(origin.serial, origin.code, asked_at)
            guest.entrances.append(origin.entrance)
        origin.entrance.grants.append(sent)
        count = sum(entrance.counts for entrance in guest.entrances)
        self._check(count <= guest.limit, f"a pass for {guest.limit} lets in {count}", sent.frame)

    def _check_punch(self, wire: Wire, frame: dict[str, Any], origin: Punched) -> None:
        self._check(origin.serial == wire.firmware.serial, "another terminal is answered", frame)
        self._check(origin.identity not in self.granted, "a punch is granted twice", frame)
        self.granted.add(origin.identity)
        self._check_present(origin, origin.made_at, origin.offsets, frame)
        if not origin.automation:
            self._check(self.approves(wire, origin.enroll_id), "somebody is let in who may not", frame)

    def _check_present(
        self, origin: Origin, made_at: datetime, offsets: frozenset[float], frame: dict[str, Any]
    ) -> None:
        """Whoever asked stood there then; a clock that was wrong meanwhile may show that they did."""
        asked = self._asked(origin)
        ages = [asked - made_at - timedelta(seconds=offset) for offset in offsets]
        is_present = any(abs(age) <= PRESENT + ROUNDING for age in ages)
        self._check(is_present, f"what happened {asked - made_at} before opens", frame)
        took = self._loop.idle - origin.asked_idle
        self._check(took <= DECIDING_SECONDS, f"an answer opens after {took:.1f} s", frame)

    def _asked(self, origin: Origin) -> datetime:
        return self._wall() - timedelta(seconds=self._loop.time() - (origin.asked_at or 0.0))

    def _check(self, holds: bool, what: str, frame: dict[str, Any]) -> None:
        if not holds:
            self._forbid(what, frame)

    def _forbid(self, what: str, frame: dict[str, Any]) -> None:
        self.wrong.append(f"{what}: {frame}")
