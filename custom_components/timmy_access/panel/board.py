"""A dashboard of Home Assistant's own cards for the doors of a listener: sections that a phone shows below one another.

Only what is there and switched on has a card, so that nothing on it is ever *not found*.
"""

from collections.abc import Callable, Iterator, Mapping

from homeassistant.const import STATE_OFF, STATE_ON, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..const import DOMAIN, PANEL_URL_PATH
from ..hub.hub import TimmyAccessConfigEntry
from ..hub.terminal import Terminal

# A day of comings and goings, which the card counts back from now.
HOURS_SHOWN = 24
# A phone has no room for two tiles beside each other where names and states are long.
_WHOLE_LINE: JsonObjectType = {"grid_options": {"columns": "full"}}

type Say = Callable[[str], str]


def sections(hass: HomeAssistant, entry: TimmyAccessConfigEntry, say: Say) -> dict[str, JsonObjectType]:
    """Return the sections of a listener by what they are about; `say` has the texts of `config_panel.dashboard`."""
    board = _Board(hass, entry, say)
    hub = entry.runtime_data
    terminals = sorted(hub.terminals.values(), key=lambda it: (it.name.casefold(), it.serial))
    made = {"wrong": board.wrong(terminals)}
    made |= {f"terminal_{terminal.serial}": board.doors(terminal) for terminal in terminals}
    made |= {"today": board.today(terminals), "guests": board.guests()}
    return {key: section for key, section in made.items() if section is not None}


class _Board:
    def __init__(self, hass: HomeAssistant, entry: TimmyAccessConfigEntry, say: Say) -> None:
        self._entities = er.async_get(hass)
        self._entry = entry
        self._say = say

    def wrong(self, terminals: list[Terminal]) -> JsonObjectType | None:
        """Return what somebody has to look after; the section is there only while something is."""
        shown: list[tuple[JsonObjectType, JsonObjectType]] = list(self._wrong(terminals))
        if not shown:
            return None
        conditions: list[JsonValueType] = [condition for _, condition in shown]
        cards: list[JsonValueType] = [{**card, **_WHOLE_LINE, "visibility": [condition]} for card, condition in shown]
        return {
            "type": "grid",
            "visibility": [{"condition": "or", "conditions": conditions}],
            "cards": [self._heading("wrong", "mdi:alert"), *cards],
        }

    def _wrong(self, terminals: list[Terminal]) -> Iterator[tuple[JsonObjectType, JsonObjectType]]:
        """Yield tiles, each with the condition on which it shows."""
        if (lockdown := self._of_house(Platform.SWITCH, "lockdown")) is not None:
            # Nobody shall end a lockdown by touching what tells of it.
            tile: JsonObjectType = {"color": "red", "icon_tap_action": {"action": "more-info"}}
            yield {"type": "tile", "entity": lockdown, **tile}, _is(lockdown, STATE_ON)
        for terminal in terminals:
            for key, state in (("alarm", STATE_ON), ("tamper", STATE_ON), ("connectivity", STATE_OFF)):
                if (entity_id := self._of(terminal, Platform.BINARY_SENSOR, key)) is not None:
                    yield {"type": "tile", "entity": entity_id, "color": "red"}, _is(entity_id, state)
        for key in ("house_differences", "house_waiting"):
            if (entity_id := self._of_house(Platform.SENSOR, key)) is not None:
                yield {"type": "tile", "entity": entity_id, "color": "orange"}, _above_zero(entity_id)

    def doors(self, terminal: Terminal) -> JsonObjectType | None:
        """Return the doors of a terminal: each with who was there last, and a button that asks once."""
        locks = self._locks(terminal)
        if not locks:
            return None
        cards: list[JsonValueType] = [
            {
                "type": "tile",
                "entity": lock,
                "state_content": ["state", "changed_by", "last_changed"],
                "features": [{"type": "lock-open-door"}],
                **_WHOLE_LINE,
            }
            for lock in locks
        ]
        others = ((Platform.BINARY_SENSOR, "door"), (Platform.SELECT, "door_mode"))
        for platform, key in others:
            if (entity_id := self._of(terminal, platform, key)) is not None:
                # The heading says of which terminal.
                cards.append({"type": "tile", "entity": entity_id, "name": {"type": "entity"}, **_WHOLE_LINE})
        heading: JsonObjectType = {"type": "heading", "heading": terminal.name, "icon": "mdi:door"}
        return {"type": "grid", "cards": [heading, *cards]}

    def today(self, terminals: list[Terminal]) -> JsonObjectType | None:
        """Return who came and went, by name, and how many are inside where readers tell."""
        locks: list[JsonValueType] = [lock for terminal in terminals for lock in self._locks(terminal)]
        if not locks:
            return None
        inside = [self._of(terminal, Platform.SENSOR, "people_inside") for terminal in terminals]
        tiles: list[JsonValueType] = [
            {
                "type": "tile",
                "entity": entity_id,
                "tap_action": {"action": "navigate", "navigation_path": f"/{PANEL_URL_PATH}/inside"},
                **_WHOLE_LINE,
            }
            for entity_id in inside
            if entity_id is not None
        ]
        logbook: JsonObjectType = {
            "type": "logbook",
            "hours_to_show": HOURS_SHOWN,
            "target": {"entity_id": locks},
            "grid_options": {"columns": "full", "rows": 6},
        }
        return {"type": "grid", "cards": [self._heading("today", "mdi:account-clock"), *tiles, logbook]}

    def guests(self) -> JsonObjectType:
        """Return the way to the guests, and the calendars that passes follow."""
        passbook = self._entry.runtime_data.passbook
        calendars: list[JsonValueType] = [
            *sorted({it.calendar for it in passbook.passes.values() if it.calendar and it.revoked_at is None})
        ]
        cards: list[JsonValueType] = [
            {
                "type": "heading",
                "heading": self._say("guests"),
                "icon": "mdi:account-clock-outline",
                "tap_action": {"action": "navigate", "navigation_path": f"/{PANEL_URL_PATH}/guests"},
            }
        ]
        if calendars:
            cards.append({"type": "calendar", "initial_view": "listWeek", "entities": calendars})
        return {"type": "grid", "cards": cards}

    def _heading(self, key: str, icon: str) -> JsonObjectType:
        return {"type": "heading", "heading": self._say(key), "icon": icon}

    def _locks(self, terminal: Terminal) -> list[str]:
        doors = sorted(terminal.coordinator.data.doors)
        found = (self._of(terminal, Platform.LOCK, f"door{door}_lock") for door in doors)
        return [lock for lock in found if lock is not None]

    def _of(self, terminal: Terminal, platform: Platform, key: str) -> str | None:
        return self._shown(platform, f"{terminal.serial}_{key}")

    def _of_house(self, platform: Platform, key: str) -> str | None:
        return self._shown(platform, f"{self._entry.entry_id}_{key}")

    def _shown(self, platform: Platform, unique_id: str) -> str | None:
        """Return an entity that people see; None where there is none, or it is disabled or hidden."""
        entity_id = self._entities.async_get_entity_id(platform, DOMAIN, unique_id)
        known = None if entity_id is None else self._entities.async_get(entity_id)
        return None if known is None or known.disabled or known.hidden else entity_id


def _is(entity_id: str, state: str) -> JsonObjectType:
    return {"condition": "state", "entity": entity_id, "state": state}


def _above_zero(entity_id: str) -> JsonObjectType:
    return {"condition": "numeric_state", "entity": entity_id, "above": 0}


def text_of(texts: Mapping[str, str], key: str) -> str:
    """Return a text of the dashboard."""
    return texts.get(f"component.{DOMAIN}.config_panel.dashboard.{key}", key)
