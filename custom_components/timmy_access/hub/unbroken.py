"""What is not left half done because whoever began it is gone: an automation that runs again ends what it was doing."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, Protocol

from homeassistant.core import HomeAssistant


class _InHomeAssistant(Protocol):
    _hass: HomeAssistant


def unbroken[S: _InHomeAssistant, **P, R](
    method: Callable[Concatenate[S, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, R]]:
    """Return a method that goes on to its end also when who called it is cancelled."""

    @wraps(method)
    async def _through(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        work = method(self, *args, **kwargs)
        return await asyncio.shield(self._hass.async_create_task(work, method.__name__, eager_start=True))

    return _through
