"""The passes of one listener: made, kept, looked up at once, and never waited for."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
import hashlib
import secrets
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.ulid import ulid_now

from .. import ledger as ledger_module
from ..const import DOMAIN, LOGGER
from ..errors import PassRevoked, PassUnknown, TooManyPasses
from ..ledger import Ledger, LedgerInvalid, LedgerUnavailable
from ..terminal.tasks import Tasks
from .calendars import Calendars
from .passes import Hours, Pass, Refused

# 128 bits: 26 letters and digits that a QR code packs tightly and nobody guesses.
CODE_BYTES = 16
# Letters that cannot be taken for digits, so that a code can be typed too (RFC 4648, base 32).
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
CODE_LETTERS = 26
# As many digits as a terminal's keypad takes (specification A3); with ten tries a minute that is years.
PIN_DIGITS = 8
KEY_BYTES = 32
HASH_BYTES = 32
# All are held in memory; a hotel with fifty rooms makes as many in two years.
MAX_PASSES = 20_000
# How long to wait before a use that could not be written is tried again.
RETRY_SECONDS = 10.0


def key_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, str]]:
    """Return where the key of a listener's codes is kept; without it no code opens anything any more."""
    return Store(hass, 1, f"{DOMAIN}.{entry_id}.key", private=True, atomic_writes=True)


@dataclass(frozen=True, kw_only=True)
class NewPass:
    """A pass that has just been made; its secrets are shown once and kept nowhere."""

    held: Pass
    code: str = field(repr=False)
    pin: str | None = field(repr=False)


class Passbook:
    """All passes by what they are looked up with. Looking up touches neither disk nor network."""

    def __init__(self, hass: HomeAssistant, entry_id: str, tasks: Tasks, ledger: Ledger) -> None:
        """Prepare; `async_load` has to follow."""
        self._tasks = tasks
        self._ledger = ledger
        self._store = key_store(hass, entry_id)
        self._key = b""
        self._passes: dict[str, Pass] = {}
        self._by_hash: dict[bytes, str] = {}
        self._unwritten: deque[ledger_module.PassUse] = deque()
        self._writing: asyncio.Task[None] | None = None
        self.calendars = Calendars(hass, tasks)

    async def async_load(self) -> None:
        """Read the key, or make one, and the passes; a ledger that is away is tried again in the background."""
        stored = await self._store.async_load()
        if stored is None:
            stored = {"key": secrets.token_hex(KEY_BYTES)}
            await self._store.async_save(stored)
        self._key = bytes.fromhex(stored["key"])
        try:
            await self._async_read()
        except LedgerUnavailable:
            self._tasks.async_start(self._async_read_later(), "read passes")

    @property
    def passes(self) -> Mapping[str, Pass]:
        """All passes, revoked ones too, by id."""
        return self._passes

    def fingerprint(self, code: str) -> str:
        """Return what stands for a code where the code must not be: enough to tell codes apart, and no way back."""
        return self._hash(code).hex()[:16]

    @callback
    def async_look_up(self, code: str, serial: str, now: datetime) -> Pass | Refused:
        """Return the pass that a code opens this terminal with at this instant, or why it does not."""
        digest = self._hash(code)
        held = self._passes.get(self._by_hash.get(digest, ""))
        if held is None:
            return Refused.UNKNOWN
        if (reason := held.refused(serial, now, dt_util.get_default_time_zone())) is not None:
            return reason
        if held.calendar is not None and not self.calendars.is_running(held.calendar, held.tag or "", now):
            return Refused.NOT_NOW
        return held

    @callback
    def async_use(self, held: Pass, serial: str, now: datetime) -> None:
        """Count a use at once, and write it down afterwards."""
        self._passes[held.pass_id] = replace(held, uses=held.uses + 1)
        use = ledger_module.PassUse(
            pass_id=held.pass_id, serial=serial, door=min(held.doors[serial], default=None), used_at=now
        )
        self._unwritten.append(use)
        if self._writing is None or self._writing.done():
            self._writing = self._tasks.async_start(self._async_write_uses(), "uses of passes", eager=False)

    async def async_write_uses(self) -> None:
        """Write down what is not written yet; raises `LedgerUnavailable`. What is written twice counts once."""
        while self._unwritten:
            use = self._unwritten[0]
            try:
                await self._ledger.keep_pass_use(use)
            except LedgerInvalid as err:
                LOGGER.warning("The use of a pass cannot be written: %s", err)
            if self._unwritten and self._unwritten[0] is use:
                self._unwritten.popleft()

    async def async_create(self, rules: Pass, *, with_pin: bool) -> NewPass:
        """Make a pass by rules whose id, code and time of making are filled in.

        Raises `TooManyPasses` and `LedgerUnavailable`.
        """
        if len(self._passes) >= MAX_PASSES:
            raise TooManyPasses
        code = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LETTERS))
        pin = _new_pin() if with_pin else None
        while pin is not None and self._hash(pin) in self._by_hash:
            pin = _new_pin()
        held = replace(
            rules,
            pass_id=ulid_now(),
            code_hash=self._hash(code),
            pin_hash=None if pin is None else self._hash(pin),
            created_at=dt_util.utcnow(),
        )
        await self._async_keep(held)
        return NewPass(held=held, code=code, pin=pin)

    async def async_change(self, pass_id: str, **changes: Any) -> Pass:
        """Change a pass; raises `PassUnknown`, `PassRevoked` and `LedgerUnavailable`."""
        held = self._passes.get(pass_id)
        if held is None:
            raise PassUnknown
        if held.revoked_at is not None:
            raise PassRevoked
        held = replace(held, **changes)
        await self._async_keep(held)
        return held

    async def async_uses(self, pass_id: str) -> Sequence[ledger_module.PassUse]:
        """Return when and where a pass was used; raises `LedgerUnavailable`."""
        return await self._ledger.pass_uses(pass_id)

    async def _async_keep(self, held: Pass) -> None:
        await self._ledger.keep_pass(_stored(held))
        self._async_put(held)

    @callback
    def _async_put(self, held: Pass) -> None:
        self._passes[held.pass_id] = held
        self._by_hash[held.code_hash] = held.pass_id
        if held.pin_hash is not None:
            self._by_hash[held.pin_hash] = held.pass_id
        self.calendars.async_watch(
            {known.calendar for known in self._passes.values() if known.calendar and known.revoked_at is None}
        )

    async def _async_read(self) -> None:
        counts = await self._ledger.pass_use_counts()
        for stored in await self._ledger.passes():
            uses = counts.get(stored.id, 0)
            held = _held(stored, uses)
            known = self._passes.get(held.pass_id)
            self._async_put(held if known is None else replace(held, uses=max(known.uses, uses)))

    async def _async_read_later(self) -> None:
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            try:
                await self._async_read()
            except LedgerUnavailable as err:
                LOGGER.debug("Passes are not known yet: %s", err)
            else:
                return

    async def _async_write_uses(self) -> None:
        while self._unwritten:
            try:
                await self.async_write_uses()
            except LedgerUnavailable as err:
                LOGGER.debug("The use of a pass is not written yet: %s", err)
                await asyncio.sleep(RETRY_SECONDS)

    def _hash(self, code: str) -> bytes:
        text = code.strip().upper().encode(errors="replace")
        return hashlib.blake2b(text, key=self._key, digest_size=HASH_BYTES).digest()


def _new_pin() -> str:
    """Return digits that do not begin with 0, which terminals may take for a number."""
    lowest = 10 ** (PIN_DIGITS - 1)
    return str(lowest + secrets.randbelow(9 * lowest))


def _stored(held: Pass) -> ledger_module.Pass:
    hours = held.hours
    return ledger_module.Pass(
        id=held.pass_id,
        code_hash=held.code_hash,
        name=held.name,
        created_at=held.created_at,
        revoked_at=held.revoked_at,
        document={
            "doors": {serial: sorted(doors) for serial, doors in held.doors.items()},
            "valid_from": _text(held.valid_from),
            "valid_until": _text(held.valid_until),
            "hours": hours
            and {
                "weekdays": sorted(hours.weekdays),
                "begin": hours.begin.isoformat(),
                "end": hours.end.isoformat(),
            },
            "max_uses": held.max_uses,
            "enroll_id": held.enroll_id,
            "calendar": held.calendar,
            "tag": held.tag,
            "pin_hash": held.pin_hash and held.pin_hash.hex(),
        },
    )


def _held(stored: ledger_module.Pass, uses: int) -> Pass:
    document = stored.document
    hours = document["hours"]
    pin_hash = document.get("pin_hash")
    return Pass(
        pass_id=stored.id,
        code_hash=stored.code_hash,
        pin_hash=bytes.fromhex(pin_hash) if pin_hash else None,
        name=stored.name or "",
        created_at=stored.created_at,
        revoked_at=stored.revoked_at,
        doors={serial: frozenset(doors) for serial, doors in document["doors"].items()},
        valid_from=_instant(document["valid_from"]),
        valid_until=_instant(document["valid_until"]),
        hours=hours
        and Hours(
            weekdays=frozenset(hours["weekdays"]),
            begin=time.fromisoformat(hours["begin"]),
            end=time.fromisoformat(hours["end"]),
        ),
        max_uses=document["max_uses"],
        uses=uses,
        enroll_id=document.get("enroll_id"),
        calendar=document["calendar"],
        tag=document["tag"],
    )


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
