"""The passes as one listener sees them: its codes, and the calendars they follow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
import hashlib
import secrets
from typing import Any

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.ulid import ulid_now

from ..const import DOMAIN
from ..errors import TooManyPasses
from ..ledger import PassUse
from ..terminal.tasks import Tasks
from .book import Book
from .calendars import Calendars
from .passes import Pass, Refused
from .premises import Doorstep

# 128 bits: 26 letters and digits that a QR code packs tightly and nobody guesses.
CODE_BYTES = 16
# Letters that cannot be taken for digits, so that a code can be typed too (RFC 4648, base 32).
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
CODE_LETTERS = 26
# As many digits as a terminal's keypad takes (specification A3); with ten tries a minute that is years.
PIN_DIGITS = 8
# PINs that are drawn: those of so many digits that do not begin with 0.
PINS = 9 * 10 ** (PIN_DIGITS - 1)
KEY_BYTES = 32
HASH_BYTES = 32
# All are held in memory; a hotel with fifty rooms makes as many in two years.
MAX_PASSES = 20_000


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
    """Passes by the codes of one listener. Looking one up touches neither disk nor network."""

    def __init__(self, hass: HomeAssistant, entry_id: str, tasks: Tasks, book: Book) -> None:
        """Prepare; `async_load` has to follow."""
        self.book = book
        self._store = key_store(hass, entry_id)
        self._key = b""
        self._unsubscribe: CALLBACK_TYPE | None = None
        self.calendars = Calendars(hass, tasks)

    async def async_load(self) -> None:
        """Read the key, or make one, and follow the calendars of the passes."""
        stored = await self._store.async_load()
        if stored is None:
            stored = {"key": secrets.token_hex(KEY_BYTES)}
            await self._store.async_save(stored)
        self._key = bytes.fromhex(stored["key"])
        self._unsubscribe = self.book.async_subscribe(self._async_follow_calendars)
        self._async_follow_calendars()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self.calendars.async_stop()

    @property
    def passes(self) -> Mapping[str, Pass]:
        """All passes of the database, revoked ones too, by id."""
        return self.book.passes

    def digest(self, code: str) -> bytes:
        """Return what a code or PIN is looked up by."""
        text = code.strip().upper().encode(errors="replace")
        return hashlib.blake2b(text, key=self._key, digest_size=HASH_BYTES).digest()

    def fingerprint(self, code: str) -> str:
        """Return what stands for a code where the code must not be: enough to tell codes apart, and no way back."""
        return self.digest(code).hex()[:16]

    @callback
    def async_look_up(self, digest: bytes, door: Doorstep, *, typed: bool) -> Pass | Refused:
        """Return the pass that opens with a code where somebody stands, or why none does.

        `typed` is one from the keypad; nowhere else does a PIN open.
        """
        held = self._held_by(digest, typed=typed)
        if held is None:
            return Refused.UNKNOWN
        return self.refusal(held, door) or held

    @callback
    def async_repeated(self, digest: bytes, door: Doorstep, *, typed: bool) -> Pass | None:
        """Return the pass that has just let somebody in here with this code, if it still would; one scan is one use."""
        held = self._held_by(digest, typed=typed)
        if held is None or not self.book.async_is_repeated(held, digest, door.serial):
            return None
        return held if self.refusal(held, door) in (None, Refused.USED_UP) else None

    def _held_by(self, digest: bytes, *, typed: bool) -> Pass | None:
        held = self.book.by_hash(digest)
        # Wrong PINs are counted at the keypad. Pictures of digits could be tried without end.
        return None if held is not None and held.pin_hash == digest and not typed else held

    def refusal(self, held: Pass, door: Doorstep) -> Refused | None:
        """Return why a pass does not open where somebody stands; None when it does."""
        if (reason := held.refused(door.serial, door.now, dt_util.get_default_time_zone())) is not None:
            return reason
        if not held.doors[door.serial] & frozenset(door.doors):
            return Refused.WRONG_DOOR  # it is no longer there
        if held.enroll_id is not None and door.is_disabled(held.enroll_id):
            return Refused.PERSON_DISABLED
        if held.calendar is not None and not self.calendars.is_running(held.calendar, held.tag or "", door.now):
            return Refused.NOT_NOW
        return None

    def live_pins(self, serial: str, now: datetime) -> int:
        """Return how many PINs would open a terminal at this instant: so many times likelier is a lucky guess."""
        zone = dt_util.get_default_time_zone()
        return sum(
            held.pin_hash is not None and held.refused(serial, now, zone) is None for held in self.passes.values()
        )

    async def async_create(self, rules: Pass, *, with_pin: bool) -> NewPass:
        """Make a pass by rules whose id, code and time of making are filled in.

        Raises `TooManyPasses` and `LedgerUnavailable`.
        """
        if len(self.passes) >= MAX_PASSES:
            raise TooManyPasses
        code = "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LETTERS))
        pin = _new_pin() if with_pin else None
        while pin is not None and self.book.by_hash(self.digest(pin)) is not None:
            pin = _new_pin()
        held = replace(
            rules,
            pass_id=ulid_now(),
            code_hash=self.digest(code),
            pin_hash=None if pin is None else self.digest(pin),
            created_at=dt_util.utcnow(),
        )
        await self.book.async_add(held)
        return NewPass(held=held, code=code, pin=pin)

    async def async_revoke(self, pass_id: str) -> None:
        """Close a pass for good; raises as `Book.async_revoke`."""
        await self.book.async_revoke(pass_id, dt_util.utcnow())

    async def async_extend(self, pass_id: str, **changes: Any) -> Pass:
        """Change until when or how often a pass opens; raises as `Book.async_extend`."""
        return await self.book.async_extend(pass_id, **changes)

    async def async_uses(self, pass_id: str) -> Sequence[PassUse]:
        """Return when and where a pass was used; raises `LedgerUnavailable`."""
        return await self.book.async_uses(pass_id)

    @callback
    def _async_follow_calendars(self) -> None:
        self.calendars.async_watch(
            {held.calendar for held in self.passes.values() if held.calendar and held.revoked_at is None}
        )


def _new_pin() -> str:
    """Return digits that do not begin with 0, which terminals may take for a number."""
    lowest = 10 ** (PIN_DIGITS - 1)
    return str(lowest + secrets.randbelow(PINS))
