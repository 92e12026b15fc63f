"""Which doors and terminals an assistant may use: what the owner has exposed to it, and nothing else."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from homeassistant.components.homeassistant import async_should_expose
from homeassistant.components.lock import CONF_DEFAULT_CODE
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN
from ..hub.hub import TimmyAccessConfigEntry
from ..hub.terminal import Terminal
from ..ledger import likeness

# Whom Home Assistant itself can be asked for.
_PERSON = "person"
# What "open" may be said of in Home Assistant.
_OPENING = (Platform.COVER, Platform.LOCK, Platform.VALVE)


@dataclass(frozen=True, kw_only=True)
class ExposedDoor:
    """A door by its lock, and what people call it; the first name is the one it is answered with.

    `asks_code` is whether it does not open without its code being said or typed.
    """

    terminal: Terminal
    door: int
    entity_id: str
    names: tuple[str, ...]
    asks_code: bool


@callback
def async_doors(hass: HomeAssistant, assistant: str) -> Iterator[ExposedDoor]:
    """Yield the doors whose locks are exposed.

    A name that something else has which opens is not one of theirs: what is meant by it is Home Assistant's to say.
    """
    registry = er.async_get(hass)
    others = _others(hass, assistant)
    for entry in _entries(hass):
        for terminal in entry.runtime_data.terminals.values():
            for door in terminal.coordinator.data.doors:
                entity_id = registry.async_get_entity_id(Platform.LOCK, DOMAIN, f"{terminal.serial}_door{door}_lock")
                known = None if entity_id is None else registry.async_get(entity_id)
                if known is None or not async_should_expose(hass, assistant, known.entity_id):
                    continue
                called = er.async_get_entity_aliases(hass, known, allow_empty=False)
                names = tuple(name for name in called if name and likeness(name) not in others)
                if names:
                    options = known.options.get(Platform.LOCK)
                    yield ExposedDoor(
                        terminal=terminal,
                        door=door,
                        entity_id=known.entity_id,
                        names=names,
                        asks_code=terminal.unlock_code.is_set and not (options and options.get(CONF_DEFAULT_CODE)),
                    )


@callback
def async_telling(hass: HomeAssistant, assistant: str) -> dict[TimmyAccessConfigEntry, dict[str, Terminal]]:
    """Return the terminals that may tell who comes and goes, by the entity that is exposed for it, of each listener."""
    registry = er.async_get(hass)
    found: dict[TimmyAccessConfigEntry, dict[str, Terminal]] = {}
    for entry in _entries(hass):
        for terminal in entry.runtime_data.terminals.values():
            entity_id = registry.async_get_entity_id(Platform.EVENT, DOMAIN, f"{terminal.serial}_access")
            if entity_id is not None and async_should_expose(hass, assistant, entity_id):
                found.setdefault(entry, {})[entity_id] = terminal
    return found


@callback
def async_persons(hass: HomeAssistant, assistant: str) -> set[str]:
    """Return what the persons of Home Assistant are called that are exposed, by likeness."""
    return _called(hass, assistant, (_PERSON,))


def _others(hass: HomeAssistant, assistant: str) -> set[str]:
    return _called(hass, assistant, _OPENING)


def _called(hass: HomeAssistant, assistant: str, domains: Iterable[str]) -> set[str]:
    """Return what exposed entities of others are called, by likeness."""
    registry = er.async_get(hass)
    found: set[str] = set()
    for state in hass.states.async_all(domains):
        known = registry.async_get(state.entity_id)
        if (known is None or known.platform != DOMAIN) and async_should_expose(hass, assistant, state.entity_id):
            called = [state.name] if known is None else er.async_get_entity_aliases(hass, known, allow_empty=False)
            found |= {likeness(name) for name in called}
    return found


def _entries(hass: HomeAssistant) -> list[TimmyAccessConfigEntry]:
    return hass.config_entries.async_loaded_entries(DOMAIN)
