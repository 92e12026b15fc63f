"""Makes the terminals of a listener when it starts, some in each step of the event loop."""

import asyncio
from collections.abc import Callable, Iterable
from itertools import batched

from homeassistant.config_entries import ConfigSubentry

from .terminal import Terminal

# More would hold up whoever stands at a door of another listener: those of a hundred take 50 ms.
_TERMINALS_A_STEP = 20


async def async_make(
    terminals: dict[str, Terminal], make: Callable[[ConfigSubentry], Terminal], subentries: Iterable[ConfigSubentry]
) -> None:
    """Put the approved terminals into `terminals`; where that ends before its time, those that were made are idle."""
    try:
        for some in batched(tuple(subentries), _TERMINALS_A_STEP, strict=False):
            terminals.update((terminal.serial, terminal) for terminal in map(make, some))
            await asyncio.sleep(0)
    except BaseException:
        for terminal in terminals.values():
            terminal.async_deafen()
        raise
