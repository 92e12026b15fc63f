"""Where it is kept what is ordered of doors: a small file of its own, so that no database has to be there for it."""

import asyncio
from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from ..terminal.orders import Orders, as_json, from_json

VERSION = 1


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
        self.everywhere: dict[str, Any] | None = None

    async def async_load(self) -> None:
        """Read the file, if there is one."""
        stored = await self._store.async_load() or {}
        self._orders = {key: from_json(kept) for key, kept in stored.get("terminals", {}).items()}
        self.everywhere = stored.get("everywhere")

    @property
    def all(self) -> Mapping[str, Orders]:
        """What is ordered, by subentry."""
        return self._orders

    def of(self, subentry_id: str) -> Orders:
        """Return what is ordered of a terminal."""
        return self._orders.get(subentry_id, Orders())

    def put(self, subentry_id: str, orders: Orders) -> None:
        """Order something else of a terminal; `async_save` writes it."""
        if orders == Orders():
            self._orders.pop(subentry_id, None)
        else:
            self._orders[subentry_id] = orders

    async def async_save(self) -> bool:
        """Write what is ordered now; return whether it is on the disk.

        Home Assistant only logs what it could not write, and writes later while it stops: so it is read again.
        """
        async with self._writing:
            data = self._data()
            await self._store.async_save(data)
            return await _store(self._hass, self._entry_id).async_load() == data

    def _data(self) -> dict[str, Any]:
        return {
            "everywhere": self.everywhere,
            "terminals": {key: as_json(orders) for key, orders in self._orders.items()},
        }


async def async_remove_orders(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the file of a listener."""
    await _store(hass, entry_id).async_remove()
