"""Two factors at a terminal for a time, as while nobody is at home; then what was before.

What was before lies on the disk before anything is changed. A terminal that is away is made stricter when it is back,
unless that has ended meanwhile; and it is put back when it is back, unless two factors have been asked for again.
Whoever chooses another mode in between has the last word. A terminal that takes the place of another goes on with what
that was asked for; where it does not have that mode, with the two factors that are usual at its sort.
"""

import asyncio
from collections.abc import Mapping
from copy import replace
from enum import StrEnum

from ..errors import VerifyModeUnknown
from ..protocol.errors import CommandTimeout, ProtocolError, TerminalOffline
from .coordinator import TerminalCoordinator
from .firmware import is_ai
from .settings import DEVICE, TerminalSettings
from .store import StricterMode, TerminalStore
from .verify_modes import ALL_VERIFY_MODES, verify_modes

# The setting of the sheet (specification B17).
KEY = "verify_mode"
# Modes in which no single credential opens; one with a choice in it may have a way that is one credential alone.
TWO_FACTOR_MODES = tuple(mode for mode in ALL_VERIFY_MODES if "_and_" in mode and "_or_" not in mode)
# What most people have beside their face, or their finger at other firmware.
_USUAL = {True: "face_and_card", False: "card_and_fingerprint"}


class Outcome(StrEnum):
    """What has become of a change."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    WAITS = "waits"


class TwoFactors:
    """Asks for two factors at one terminal, and knows what was before."""

    def __init__(
        self, coordinator: TerminalCoordinator, settings: TerminalSettings, store: TerminalStore, serial: str
    ) -> None:
        """Know what `store` knows of a terminal."""
        self._coordinator = coordinator
        self._settings = settings
        self._store = store
        self._serial = serial
        self._one_at_a_time = asyncio.Lock()

    async def async_require(self, mode: str | None) -> Outcome:
        """Ask for the two factors of a mode, the usual ones of the sort of terminal without one.

        Raises `VerifyModeUnknown` and the protocol's errors, and then nothing has changed.
        """
        async with self._one_at_a_time:
            held = self._store.stricter(self._serial)
            if self._coordinator.data.online:
                return await self._async_make_stricter(held, mode)
            waiting = held or StricterMode(mode=mode, before=None, wanted=None)
            await self._async_keep(replace(waiting, mode=mode, ends=False, waits=True))
            return Outcome.WAITS

    async def async_end(self) -> Outcome:
        """Put back what was before; raises the protocol's errors where the terminal refuses, and may be asked again."""
        async with self._one_at_a_time:
            return await self._async_put_back()

    async def async_catch_up(self) -> None:
        """Do what waits for a terminal whose settings have just been read; raises the protocol's errors."""
        async with self._one_at_a_time:
            held = self._store.stricter(self._serial)
            if held is None or not held.waits:
                return
            if held.ends:
                await self._async_put_back()
            else:
                # Nobody is there to be told that it does not have this mode; one factor must not do for that.
                await self._async_make_stricter(held, None if self._number(held.mode) is None else held.mode)

    async def _async_make_stricter(self, held: StricterMode | None, mode: str | None) -> Outcome:
        wanted, present = self._number(mode), self._present
        if wanted is None or present is None:
            raise VerifyModeUnknown(self._serial)
        is_ours = held is not None and held.before is not None and present == held.wanted
        before = held.before if held is not None and is_ours else present
        stricter = StricterMode(mode=mode, before=before, wanted=wanted)
        if present == wanted:
            await self._async_keep(stricter)
            return Outcome.UNCHANGED
        # Until it has answered it may be stricter or not, also where nobody waits for that any more.
        await self._async_keep(replace(stricter, waits=True))
        try:
            await self._settings.async_write(DEVICE, KEY, wanted)
        except CommandTimeout, TerminalOffline:
            return Outcome.WAITS
        except ProtocolError:
            await self._async_keep(held)
            raise
        await self._async_keep(stricter)
        return Outcome.APPLIED

    async def _async_put_back(self) -> Outcome:
        held, present = self._store.stricter(self._serial), self._present
        if held is None or held.before is None:
            await self._async_keep(None)
            return Outcome.UNCHANGED
        may_be_stricter = held.waits and not held.ends  # it has not answered yet: what it told is of before
        if self._coordinator.data.online and present not in (None, held.wanted) and not may_be_stricter:
            await self._async_keep(None)
            return Outcome.UNCHANGED
        await self._async_keep(replace(held, ends=True, waits=True))
        if not self._coordinator.data.online or present is None:
            return Outcome.WAITS
        try:
            await self._settings.async_write(DEVICE, KEY, held.before)
        except CommandTimeout, TerminalOffline:
            return Outcome.WAITS
        await self._async_keep(None)
        return Outcome.APPLIED

    async def _async_keep(self, held: StricterMode | None) -> None:
        await self._store.async_keep_stricter(self._serial, held)

    @property
    def _present(self) -> int | None:
        value = DEVICE.value(self._coordinator.data, KEY)
        return None if value is None else int(value)

    def _number(self, mode: str | None) -> int | None:
        info = self._coordinator.data.info
        table: Mapping[int, str] = verify_modes(info)
        name = mode or _USUAL[is_ai(info)]
        return next((number for number, known in table.items() if known == name), None)
