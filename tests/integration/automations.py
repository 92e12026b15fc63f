"""Real automations whose runs can be waited for."""

import asyncio
from collections.abc import Mapping
from typing import Any

from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.setup import async_setup_component

from .until import SECONDS, state_of

RAN = "automation_ran"


class Runs:
    """What automations were triggered by, by the name of the automation."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._changed = asyncio.Event()
        self.heard: list[tuple[str, dict[str, Any]]] = []
        hass.bus.async_listen(RAN, self._async_ran)

    @property
    def names(self) -> list[str]:
        return sorted(name for name, _ in self.heard)

    async def until(self, *names: str) -> None:
        """Wait until exactly these have run, and nothing else is under way."""
        async with asyncio.timeout(SECONDS):
            while not set(names) <= set(self.names):
                self._changed.clear()
                await self._changed.wait()
        await self._hass.async_block_till_done(wait_background_tasks=True)
        assert self.names == sorted(names)

    @callback
    def _async_ran(self, event: Event) -> None:
        self.heard.append((event.data["name"], event.data["trigger"]))
        self._changed.set()


async def automate(hass: HomeAssistant, **triggers: Mapping[str, Any]) -> Runs:
    """Set up an automation for each trigger, under the name it is given by; all of them must be valid."""
    runs = Runs(hass)
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": [
                {
                    "alias": name,
                    "id": name,
                    "mode": "queued",
                    "triggers": [trigger],
                    "actions": [{"event": RAN, "event_data": {"name": name, "trigger": "{{ trigger }}"}}],
                }
                for name, trigger in triggers.items()
            ]
        },
    )
    await hass.async_block_till_done()
    for name in triggers:
        assert state_of(hass, f"automation.{name}").state == "on", name
    return runs
