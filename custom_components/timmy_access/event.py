"""Who was at a reader, and what happened to the door, as events.

None is switched on at first: triggers, events on the bus and the lines of Activity tell the same, and the state of an
event entity makes a second line each time. Events stay available while their terminal is offline: a state that comes
back with the connection would look to an automation like an event that happened just then.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .automation.event_data import caught_up_facts, code_facts, enrolment_facts, punch_facts
from .entity import TerminalEntity, async_add_terminal_entities
from .hub.hub import TimmyAccessConfigEntry
from .hub.terminal import Terminal
from .terminal.moments import (
    AccessKind,
    CaughtUp,
    CodeKind,
    CodeMoment,
    DoorKind,
    DoorMoment,
    EnrolmentKind,
    EnrolmentMoment,
    Moment,
    Punch,
    RecordsKind,
)

PARALLEL_UPDATES = 0  # read only


@dataclass(frozen=True, kw_only=True)
class TerminalEventDescription(EventEntityDescription):
    """Which moments an event entity shows, and how."""

    attributes_fn: Callable[[Any], Mapping[str, Any]]
    entity_registry_enabled_default: bool = False
    moment: type[CaughtUp | CodeMoment | DoorMoment | EnrolmentMoment | Punch]


def _punch_attributes(punch: Punch) -> Mapping[str, Any]:
    return {"granted": punch.granted, "occurred_at": punch.occurred_at.isoformat(), **punch_facts(punch)}


EVENTS: tuple[TerminalEventDescription, ...] = (
    TerminalEventDescription(
        key="access",
        translation_key="access",
        attributes_fn=_punch_attributes,
        event_types=[kind.value for kind in AccessKind],
        moment=Punch,
    ),
    TerminalEventDescription(
        key="code",
        translation_key="code",
        attributes_fn=code_facts,
        event_types=[kind.value for kind in CodeKind],
        moment=CodeMoment,
    ),
    TerminalEventDescription(
        key="door",
        translation_key="door",
        attributes_fn=lambda moment: {"occurred_at": moment.occurred_at.isoformat()},
        event_types=[kind.value for kind in DoorKind],
        moment=DoorMoment,
    ),
    TerminalEventDescription(
        key="enrolment",
        translation_key="enrolment",
        attributes_fn=enrolment_facts,
        event_types=[kind.value for kind in EnrolmentKind],
        moment=EnrolmentMoment,
    ),
    TerminalEventDescription(
        key="records",
        translation_key="records",
        attributes_fn=caught_up_facts,
        entity_category=EntityCategory.DIAGNOSTIC,
        event_types=[kind.value for kind in RecordsKind],
        moment=CaughtUp,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - given by Home Assistant
    entry: TimmyAccessConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the events of every terminal."""
    await async_add_terminal_entities(
        entry,
        async_add_entities,
        lambda terminal: [TerminalEvent(terminal, description) for description in EVENTS],
    )


class TerminalEvent(TerminalEntity, EventEntity):
    """The latest moment of one sort at a terminal."""

    entity_description: TerminalEventDescription

    def __init__(self, terminal: Terminal, description: TerminalEventDescription) -> None:
        """Show one sort of moments of a terminal."""
        super().__init__(terminal, description.key)
        self.entity_description = description

    @property
    @override
    def available(self) -> bool:
        """Always: an event that happened stays a fact."""
        return True

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the terminal."""
        await super().async_added_to_hass()
        self.async_on_remove(self.terminal.moments.async_subscribe(self._async_on_moment))

    @callback
    def _async_on_moment(self, moment: Moment) -> None:
        if isinstance(moment, self.entity_description.moment):
            attributes = self.entity_description.attributes_fn(moment)
            self._trigger_event(moment.kind.value, dict(attributes))
            self.async_write_ha_state()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Ignore the state of the terminal: only moments change an event."""
