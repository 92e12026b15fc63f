"""A roll call that is being taken: who was inside since it began, and who has been found safe.

It begins when the first person is ticked and ends when somebody says so, and lies on the disk meanwhile: a restart in
the middle of an evacuation loses nobody and no tick. Who passes a reader on the way out stays on the list, and is shown
as gone; who then comes in again is to be found again.
"""

import asyncio
from collections.abc import Mapping
from copy import replace
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..terminal.written import async_written
from .roll_call import Passing, RollCall, Who

VERSION = 1
# A roll call that nobody has ended is over by then: its people have long been home.
LONGEST_MUSTER = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Safe:
    """Who has ticked somebody, and when; `by` is the name of a user, None an automation."""

    at: datetime
    by: str | None


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The list of a roll call: who is on it by the passing on the way in, and who is safe."""

    begun: datetime
    listed: Mapping[Who, Passing] = field(default_factory=dict)
    safe: Mapping[Who, Safe] = field(default_factory=dict)


def roll_call_store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    """Return the file that a roll call of a listener lies in."""
    return Store(hass, VERSION, f"{DOMAIN}.{entry_id}.roll_call", private=True, atomic_writes=True)


class Muster:
    """The roll call of one listener."""

    def __init__(self, hass: HomeAssistant, entry_id: str, roll_call: RollCall) -> None:
        """Follow who is inside; `async_load` has to follow."""
        self._hass = hass
        self._entry_id = entry_id
        self._store = roll_call_store(hass, entry_id)
        self._writing = asyncio.Lock()
        self._roll_call = roll_call
        self._sheet: Sheet | None = None
        roll_call.async_subscribe(self._async_follow)

    @property
    def sheet(self) -> Sheet | None:
        """The list; None while no roll call is taken."""
        if self._sheet is not None and dt_util.utcnow() - self._sheet.begun > LONGEST_MUSTER:
            return None
        return self._sheet

    async def async_load(self) -> None:
        """Take over a roll call that was being taken before a restart."""
        if stored := await self._store.async_load():
            self._sheet = _sheet_of(stored)
            self._async_follow()

    async def async_tick(self, who: Who, *, safe: bool, by: str | None) -> bool:
        """Note that somebody is safe, or is not after all; return whether that is on the disk.

        The first tick begins the roll call. Raises KeyError for nobody listed.
        """
        now = dt_util.utcnow()
        sheet = self.sheet or Sheet(begun=now, listed=dict(self._roll_call.inside))
        if who not in sheet.listed:
            raise KeyError(who)
        ticks = {other: tick for other, tick in sheet.safe.items() if other != who}
        self._sheet = replace(sheet, safe={**ticks, who: Safe(at=now, by=by)} if safe else ticks)
        self._roll_call.async_tell()
        return await self._async_save()

    async def async_end(self) -> bool:
        """End the roll call, and forget who was on its list; return whether the disk has forgotten it too."""
        self._sheet = None
        self._roll_call.async_tell()
        return await self._async_save()

    async def _async_save(self) -> bool:
        async with self._writing:
            if self._sheet is not None:
                again = partial(roll_call_store, self._hass, self._entry_id)
                return await async_written(self._store, again, _stored(self._sheet))
            try:
                await self._store.async_remove()
            except OSError:
                return False
            return True

    @callback
    def _async_follow(self) -> None:
        """Put onto the list who has come in since it began, and those of whom it became known later."""
        if (sheet := self.sheet) is None:
            return
        inside = self._roll_call.inside
        back = {who for who, tick in sheet.safe.items() if who in inside and inside[who].occurred_at > tick.at}
        if back or inside.keys() - sheet.listed.keys():
            listed = {**inside, **{who: known for who, known in sheet.listed.items() if who not in back}}
            safe = {who: tick for who, tick in sheet.safe.items() if who not in back}
            self._sheet = replace(sheet, listed=listed, safe=safe)
            self._hass.async_create_task(self._async_save(), "write the roll call")


def _stored(sheet: Sheet) -> dict[str, Any]:
    return {
        "begun": sheet.begun.isoformat(),
        "people": [
            {
                "serial": passing.serial,
                "enroll_id": passing.enroll_id,
                "name": passing.name,
                "since": passing.occurred_at.isoformat(),
                "safe": (tick := sheet.safe.get(who)) and {"at": tick.at.isoformat(), "by": tick.by},
            }
            for who, passing in sheet.listed.items()
        ],
    }


def _sheet_of(stored: Mapping[str, Any]) -> Sheet:
    listed: dict[Who, Passing] = {}
    safe: dict[Who, Safe] = {}
    for one in stored["people"]:
        passing = Passing(
            serial=one["serial"],
            enroll_id=one["enroll_id"],
            name=one["name"],
            occurred_at=datetime.fromisoformat(one["since"]),
            entered=True,
        )
        listed[passing.who] = passing
        if (tick := one["safe"]) is not None:
            safe[passing.who] = Safe(at=datetime.fromisoformat(tick["at"]), by=tick["by"])
    return Sheet(begun=datetime.fromisoformat(stored["begun"]), listed=listed, safe=safe)
