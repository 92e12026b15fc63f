"""Lets the tests' plugin work with a Home Assistant that is newer than the one it was made from.

A pytest plugin that is named on the command line (`scripts/test --newest`), for it has to be there before the tests'
plugin, which imports what a newer Home Assistant no longer has. Where both are of the same release it does nothing; it
goes when the plugin has caught up for good.
"""

from importlib.metadata import requires, version
import re

# Before anything imports httpx or voluptuous, of which Home Assistant has its own.
import homeassistant  # noqa: F401
from homeassistant.components import logger
from homeassistant.components.logger import helpers as logger_helpers
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.restore_state import RestoreStateData, StoredState

PLUGIN = "pytest-homeassistant-custom-component"


def made_from() -> str:
    """Return the version of Home Assistant that the plugin was made from."""
    for requirement in requires(PLUGIN) or ():
        if match := re.fullmatch(r"homeassistant==(\S+)", requirement):
            return match[1]
    raise LookupError(f"{PLUGIN} names no Home Assistant")


def adapt() -> None:
    """Give Home Assistant back what the plugin looks for."""
    _add(logger, "_clear_logger_overwrites", logger_helpers._clear_logger_overwrites)
    _add(RestoreStateData, "last_states", property(lambda data: data.last_states_by_entity_id, _remember))


def _add(owner: object, name: str, value: object) -> None:
    if not hasattr(owner, name):
        setattr(owner, name, value)


def _remember(data: RestoreStateData, states: dict[str, StoredState]) -> None:
    """Remember states by their entities' ids, and pass them on to those that get an entry in the registry.

    The set-up of `RestoreStateData` would listen for that, and the plugin leaves it out.
    """
    data.last_states_by_entity_id = states  # type: ignore[attr-defined]

    @callback
    def _pass_on(event: object) -> None:
        data._async_entity_registry_entry_created(event)  # type: ignore[attr-defined]

    hass: HomeAssistant = data.hass
    hass.bus.async_listen(
        er.EVENT_ENTITY_REGISTRY_UPDATED, _pass_on, event_filter=callback(lambda data: data["action"] == "create")
    )


if version("homeassistant") != made_from():
    adapt()
