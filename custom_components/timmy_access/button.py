"""What a person asks of a terminal as a machine.

Buttons stay available while the terminal is offline: they show nothing of it. Nothing is sent later then.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.button import ButtonDeviceClass, ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import TerminalEntity, async_add_terminal_entities
from .errors import translated_errors
from .hub.hub import TimmyAccessConfigEntry
from .hub.rights import Right
from .hub.terminal import Terminal

# Every terminal has its own queue, in which doors go first; one that does not answer must not hold up another's.
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class TerminalButtonDescription(ButtonEntityDescription):
    """What a button does to its terminal, and what a user needs for it."""

    press_fn: Callable[[Terminal], Awaitable[None]]
    right: Right = Right.ADMINISTER


BUTTONS: tuple[TerminalButtonDescription, ...] = (
    TerminalButtonDescription(
        key="cancel_alarm",
        translation_key="cancel_alarm",
        entity_category=EntityCategory.CONFIG,
        press_fn=lambda terminal: terminal.upkeep.async_cancel_alarm(),
        right=Right.CANCEL_ALARM,
    ),
    TerminalButtonDescription(
        key="refresh_people",
        translation_key="refresh_people",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        press_fn=lambda terminal: terminal.async_refresh_people(all_names=True),
    ),
    TerminalButtonDescription(
        key="restart",
        device_class=ButtonDeviceClass.RESTART,
        entity_category=EntityCategory.CONFIG,
        press_fn=lambda terminal: terminal.upkeep.async_restart(),
    ),
    TerminalButtonDescription(
        key="sync_clock",
        translation_key="sync_clock",
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=False,
        press_fn=lambda terminal: terminal.upkeep.async_set_clock(),
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - given by Home Assistant
    entry: TimmyAccessConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the buttons of every terminal."""
    await async_add_terminal_entities(
        entry,
        async_add_entities,
        lambda terminal: [TerminalButton(terminal, description) for description in BUTTONS],
    )


class TerminalButton(TerminalEntity, ButtonEntity):
    """One thing to ask of a terminal."""

    entity_description: TerminalButtonDescription

    def __init__(self, terminal: Terminal, description: TerminalButtonDescription) -> None:
        """Ask one thing of a terminal."""
        super().__init__(terminal, description.key)
        self.entity_description = description

    @property
    @override
    def available(self) -> bool:
        """Always: its state is when it was pressed, and who presses it while the terminal is away is told why not."""
        return True

    @override
    async def async_press(self) -> None:
        """Ask."""
        await self.async_check_right(self.entity_description.right)
        with translated_errors(self.terminal.name):
            await self.entity_description.press_fn(self.terminal)
