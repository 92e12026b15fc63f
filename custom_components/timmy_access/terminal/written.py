"""Whether something is on the disk."""

from collections.abc import Callable
from typing import Any

from homeassistant.helpers.storage import Store


async def async_written(store: Store[dict[str, Any]], again: Callable[[], Store[dict[str, Any]]], data: Any) -> bool:
    """Write data now, and return whether it is on the disk; `again` makes another store of the same file.

    Home Assistant only logs what it could not write, and writes later while it stops: so it is read again.
    """
    await store.async_save(data)
    return bool(await again().async_load() == data)
