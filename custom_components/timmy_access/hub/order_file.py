"""Where it is kept what is ordered of doors: a small file of its own, so that no database has to be there for it."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from ..terminal.orders import Orders, as_json, from_json
from ..terminal.state import Emergency
from ..terminal.written import async_written

VERSION = 1
# How long a listener that stops waits for what is being written, which takes milliseconds.
CLOSE_SECONDS = 0.5
# The subentries of terminals for which has been ended what is ordered for all doors.
BUT = "but"
_NOTHING = Orders()


def _store(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Any]]:
    return Store(hass, VERSION, f"{DOMAIN}.{entry_id}.doors", private=True, atomic_writes=True)


class OrderFile:
    """The orders of a listener's terminals, by subentry: who takes the place of a terminal takes its orders too.

    `everywhere` is the emergency that is for all doors, of terminals too that are approved later.
    """

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Belong to a listener; `async_load` has to follow."""
        self._hass = hass
        self._entry_id = entry_id
        self._store = _store(hass, entry_id)
        self._orders: dict[str, Orders] = {}
        self._writing = asyncio.Lock()
        self._is_closed = False
        self.everywhere: dict[str, Any] | None = None
        # The serial number and the name of each terminal, for when its subentry is gone.
        self.names: dict[str, tuple[str, str]] = {}

    async def async_load(self) -> None:
        """Read the file, if there is one."""
        stored = await self._store.async_load() or {}
        at = self._hass.loop.time()
        self._orders = {key: from_json(kept, at) for key, kept in stored.get("terminals", {}).items()}
        self.everywhere = stored.get("everywhere")
        self.names = {key: (serial, name) for key, (serial, name) in stored.get("names", {}).items()}

    @property
    def all(self) -> Mapping[str, Orders]:
        """What is ordered, by subentry."""
        return self._orders

    def of(self, subentry_id: str) -> Orders:
        """Return what is ordered of a terminal."""
        return self._orders.get(subentry_id, _NOTHING)

    def put(self, subentry_id: str, orders: Orders) -> None:
        """Order something else of a terminal; `async_save` writes it."""
        if orders == _NOTHING:
            self._orders.pop(subentry_id, None)
        else:
            self._orders[subentry_id] = orders

    def meant_for(self, subentry_id: str) -> dict[str, Any] | None:
        """Return what is ordered for all doors, where a terminal has nothing of its own and it was not ended for it."""
        if self.everywhere is None or self.of(subentry_id).emergencies or subentry_id in self.everywhere.get(BUT, ()):
            return None
        return self.everywhere

    def settle_everywhere(self, present: Iterable[str], changed: Iterable[str]) -> None:
        """Have what is ordered for all doors not for those of changed terminals that have nothing ordered any more.

        Where it is ordered for no terminal that is present, it is not for those yet to come either.
        """
        if self.everywhere is None:
            return
        kind = Emergency(self.everywhere["kind"])
        if all(self.of(subentry_id).of(kind) is None for subentry_id in present):
            self.everywhere = None
            return
        free = {subentry_id for subentry_id in changed if not self.of(subentry_id).emergencies}
        self.everywhere = {**self.everywhere, BUT: sorted(free.union(self.everywhere.get(BUT, ())))}

    async def async_save(self) -> bool:
        """Write what is ordered now; return whether it is on the disk."""
        async with self._writing:
            if self._is_closed:
                return False
            return await async_written(self._store, lambda: _store(self._hass, self._entry_id), self._data())

    async def async_close(self) -> None:
        """Wait for what is being written, and write nothing any more: the next one to hold it reads it from now on."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS), self._writing:
                pass
        self._is_closed = True

    def _data(self) -> dict[str, Any]:
        return {
            "everywhere": self.everywhere,
            "names": {key: list(self.names[key]) for key in self._orders if key in self.names},
            "terminals": {key: as_json(orders) for key, orders in self._orders.items()},
        }


async def async_remove_orders(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the file of a listener."""
    await _store(hass, entry_id).async_remove()
