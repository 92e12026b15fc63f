"""Since when the differences between terminals and the house are known of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..house.differences import Difference

VERSION = 1
# Differences are found and settled many at a time.
SAVE_SECONDS = 10.0
# Of a terminal. More are not decided about one by one, and of those it is not told since when.
MAX_NOTICED = 1000


class Noticed:
    """A small file in Home Assistant's storage. What was different before it was looked at is not known."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Belong to a listener; `async_load` has to follow."""
        self._store: Store[dict[str, Any]] = Store(
            hass, VERSION, f"{DOMAIN}.{entry_id}.noticed", private=True, atomic_writes=True
        )
        # By serial number and enroll id: what was different, and since when.
        self._since: dict[str, dict[int, tuple[str, datetime]]] = {}
        self._unsaved = False

    async def async_load(self) -> None:
        """Read the file, if there is one."""
        for serial, numbers in (await self._store.async_load() or {}).items():
            self._since[serial] = {
                int(number): (kind, dt_util.parse_datetime(since, raise_on_error=True))
                for number, (kind, since) in numbers.items()
            }

    async def async_stop(self) -> None:
        """Write what still waits, so that nothing comes after the file has been deleted."""
        if self._unsaved:
            await self._store.async_save(self._data())

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    def since(self, difference: Difference) -> datetime | None:
        """Return when a difference was noticed; None where that is not known."""
        kind, since = self._since.get(difference.serial, {}).get(difference.enroll_id, (None, None))
        return since if kind == difference.kind.value else None

    @callback
    def async_note(self, serial: str, differences: Mapping[int, Difference], *, complete: bool) -> None:
        """Note how a terminal differs now; those that are not found any more are over if it told `complete`ly."""
        before, now = self._since.get(serial, {}), dt_util.utcnow()
        after = {} if complete else dict(before)
        for number, difference in differences.items():
            kind, known = difference.kind.value, before.get(number)
            if known is not None and known[0] == kind:
                after[number] = known
            elif number in after or len(after) < MAX_NOTICED:
                after[number] = (kind, now)
        if after != before:
            self._since[serial] = after
            self._async_save_soon()

    @callback
    def async_forget(self, serial: str) -> None:
        """Forget a terminal."""
        if self._since.pop(serial, None) is not None:
            self._async_save_soon()

    @callback
    def _async_save_soon(self) -> None:
        self._unsaved = True
        self._store.async_delay_save(self._data, SAVE_SECONDS)

    def _data(self) -> dict[str, Any]:
        self._unsaved = False
        return {
            serial: {str(number): (kind, since.isoformat()) for number, (kind, since) in numbers.items()}
            for serial, numbers in self._since.items()
            if numbers
        }
