"""The doors of a terminal as locks.

`open` releases the door for the terminal's open delay. `unlock` does the same unless the owner of a one-door terminal
chose that it holds the door open. `lock` puts the relay back to rest and never forces the door closed. What the
protocol cannot tell, the position of the relay, is what we asked for last; at rest a relay is locked, and so is one
that the door mode holds closed. It is assumed where no contact tells of the door either, and unknown once the terminal
may have forgotten that it holds the door open. Where the terminal has a code, `open` and `unlock` need it (see
`unlock_code`).
"""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.lock import LockEntity, LockEntityFeature, LockState
from homeassistant.const import ATTR_CODE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.restore_state import RestoreEntity
from homeassistant.util import dt as dt_util

from .entity import DoorEntity, async_add_terminal_entities
from .errors import translated_errors
from .guests.unlock_code import CODE_FORMAT
from .hub.hub import TimmyAccessConfigEntry
from .hub.rights import Right
from .hub.terminal import Terminal
from .terminal.state import DoorMode, DoorPhase

# Every terminal has its own queue with doors first; one that does not answer must not hold up another's.
PARALLEL_UPDATES = 0

ATTR_EMERGENCY = "emergency"
ATTR_HELD_BY = "held_by"
ATTR_HELD_UNTIL = "held_until"

_AT_REST = frozenset({DoorPhase.HELD_CLOSED, DoorPhase.LOCKED, DoorPhase.OPENING})
# A lock is unknown when it may be held open, and then no more is known after a restart.
_MAY_BE_HELD_OPEN = frozenset({LockState.UNLOCKED, STATE_UNKNOWN})


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001 - given by Home Assistant
    entry: TimmyAccessConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a lock for every door."""
    await async_add_terminal_entities(
        entry,
        async_add_entities,
        lambda terminal: [DoorLock(terminal, number) for number in terminal.coordinator.data.doors],
    )


class DoorLock(DoorEntity, LockEntity, RestoreEntity):
    """The lock of one door."""

    _attr_name = None
    _attr_supported_features = LockEntityFeature.OPEN

    def __init__(self, terminal: Terminal, number: int) -> None:
        """Control one door."""
        super().__init__(terminal, number, "lock")
        self._asks_code = terminal.unlock_code.is_set

    @override
    async def async_added_to_hass(self) -> None:
        """Remember from before a restart that the door may be held open: the terminal cannot be asked."""
        await super().async_added_to_hass()
        last = await self.async_get_last_state()
        if last is not None and last.state in _MAY_BE_HELD_OPEN and self.terminal.hold_open:
            self.terminal.doors.async_assume(self.door, DoorMode.HELD_OPEN)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Read Home Assistant's default code again where a code begins to matter: until then it fitted nothing."""
        if self._asks_code is not (asks := self.state_of_terminal.has_code):
            self._asks_code = asks
            if self.registry_entry is not None:
                self.async_registry_entry_updated()
        super()._handle_coordinator_update()

    @property
    @override
    def code_format(self) -> str | None:
        """How a code looks; None where none is needed."""
        return CODE_FORMAT if self.state_of_terminal.has_code else None

    @property
    @override
    def assumed_state(self) -> bool:
        """Whether no contact tells of this door; events of several doors do not say which."""
        state = self.state_of_terminal
        return len(state.doors) > 1 or state.contacts.door is None or state.contacts.door_assumed

    @property
    @override
    def is_locked(self) -> bool | None:
        """Whether the relay is at rest or held closed; None for one that may be open.

        It is at rest while a terminal has been asked to open and has not answered: the answer takes milliseconds, and
        *opening* would be a line of Activity beside the one of *open*.
        """
        if not self.state_of_door.sure and self.state_of_door.phase is not DoorPhase.HELD_CLOSED:
            return None
        return self.state_of_door.phase in _AT_REST

    @property
    @override
    def is_open(self) -> bool:
        """Whether the door was released and its open delay still runs."""
        return self.state_of_door.phase is DoorPhase.OPEN and self.state_of_door.sure

    @property
    @override
    def changed_by(self) -> str | None:
        """Who used the door last."""
        return self.state_of_door.changed_by

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Until when the door is held and who has asked for it, and what an administrator has ordered for it."""
        door = self.state_of_door
        said: dict[str, Any] = {}
        if door.held_until is not None:
            said = {ATTR_HELD_UNTIL: dt_util.as_local(door.held_until).isoformat(), ATTR_HELD_BY: door.held_by}
        if door.emergency is not None:
            said[ATTR_EMERGENCY] = door.emergency.value
        return said or None

    @override
    async def async_open(self, **kwargs: Any) -> None:
        """Release the door for the open delay."""
        asked_at, context = self.hass.loop.time(), self._context
        in_person = await self.async_check_right(Right.OPEN)
        with translated_errors(self.terminal.name):
            await self.terminal.unlock_code.async_check(kwargs.get(ATTR_CODE), context)
            await self.terminal.doors.async_open(self.door, asked_at, despite_lockdown=in_person)

    @override
    async def async_unlock(self, **kwargs: Any) -> None:
        """Release the door, or hold it open where the owner chose so."""
        asked_at, context = self.hass.loop.time(), self._context
        await self.async_check_right(Right.OPEN)
        with translated_errors(self.terminal.name):
            await self.terminal.unlock_code.async_check(kwargs.get(ATTR_CODE), context)
            if self.terminal.hold_open:
                await self.terminal.doors.async_set_mode(DoorMode.HELD_OPEN, asked_at)
            else:
                await self.terminal.doors.async_open(self.door, asked_at)

    @override
    async def async_lock(self, **kwargs: Any) -> None:
        """Put the relay back to rest; needs no code."""
        asked_at = self.hass.loop.time()
        await self.async_check_right(Right.LOCK)
        with translated_errors(self.terminal.name):
            await self.terminal.doors.async_lock(self.door, asked_at)
