"""Looks at the event loop and the process of a Home Assistant that is being measured."""

import asyncio
import gc
import os
from pathlib import Path
import resource
import time
from typing import Any

import voluptuous as vol

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType

DOMAIN = "bench_probe"
# How often the loop is looked at; a finer step would itself be a load.
TICK_SECONDS = 0.002
PAGE_KILOBYTES = os.sysconf("SC_PAGE_SIZE") / 1024


class Watch:
    """The longest time the event loop stood still since it was last asked."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.worst = 0.0

    async def run(self) -> None:
        """Look for ever."""
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(TICK_SECONDS)
            self.worst = max(self.worst, time.perf_counter() - begun - TICK_SECONDS)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:  # noqa: ARG001 - given by Home Assistant
    """Watch from now on."""
    watch = hass.data[DOMAIN] = Watch()
    hass.async_create_background_task(watch.run(), "bench probe")
    websocket_api.async_register_command(hass, _read)
    return True


@websocket_api.websocket_command({vol.Required("type"): "bench_probe/read"})
@websocket_api.async_response
async def _read(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Tell what was seen since the last time."""
    watch: Watch = hass.data[DOMAIN]
    stall = watch.worst
    seen = await hass.async_add_executor_job(_process)
    watch.worst = 0.0  # the looking itself is not to be seen
    connection.send_result(message["id"], {"stall_ms": stall * 1000, "tasks": len(asyncio.all_tasks()), **seen})


def _process() -> dict[str, float]:
    gc.collect()
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "memory_kb": int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_KILOBYTES,
        "files": len(list(Path("/proc/self/fd").iterdir())),
    }
