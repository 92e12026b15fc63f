"""The settings of one terminal: read as a sheet, written one at a time (specification B17, B18, B20, B21)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from ..protocol.commands import GetAccessSettings, GetSettings, SetAccessSettings, SetSettings
from ..protocol.commands.base import Command, Reply
from ..protocol.errors import CommandTimeout, CommandWithoutEffect, ProtocolError
from ..protocol.exchange import Request
from ..protocol.kinds import Whole
from ..protocol.turns import Priority
from ..protocol.wire import wire_fields
from .coordinator import TerminalCoordinator
from .state import TerminalState


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Settings that a terminal tells with one command and takes with another.

    * `read`, `change`: the commands. A setting is named by its field in both.
    * `told`: what the terminal told last, None until it has; `put` returns the state with something else.
    """

    change: type[Command[Reply]]
    put: Callable[[TerminalState, Any], TerminalState]
    read: type[Command[Any]]
    told: Callable[[TerminalState], Reply | None]

    def value(self, state: TerminalState, key: str) -> int | bool | None:
        """Return one setting; None where the terminal does not tell it."""
        value: int | bool | None = getattr(self.told(state), key, None)
        return value

    def limits(self, key: str) -> Whole:
        """Return between what a setting that is a number may lie; raises KeyError for other settings."""
        return {name: kind for name, _, kind, _ in wire_fields(self.change) if isinstance(kind, Whole)}[key]


ACCESS = Sheet(
    change=SetAccessSettings,
    put=lambda state, reply: replace(state, access_settings=reply.worth_keeping()),
    read=GetAccessSettings,
    told=lambda state: state.access_settings,
)
DEVICE = Sheet(
    change=SetSettings,
    put=lambda state, reply: replace(state, settings=reply.worth_keeping()),
    read=GetSettings,
    told=lambda state: state.settings,
)


# Whether the terminal asks about each punch, of AI firmware (field notes 3, reply in server mode); others have it in
# their menu only, and do not tell.
SERVER_APPROVAL_KEY = "server_approval"


class TerminalSettings:
    """Reads and writes the settings of one terminal, and keeps them in its state."""

    def __init__(self, coordinator: TerminalCoordinator, request: Request) -> None:
        """Use `request` to reach the terminal."""
        self._coordinator = coordinator
        self._request = request
        self._one_at_a_time = asyncio.Lock()

    async def async_read(self, sheet: Sheet, priority: Priority = Priority.BULK) -> None:
        """Ask for a sheet; raises the protocol's errors, and then changes nothing."""
        reply = await self._request(sheet.read(), priority)
        self._coordinator.async_replace(sheet.put(self._coordinator.data, reply))

    async def async_write(self, sheet: Sheet, key: str, value: float) -> None:
        """Change one setting, and look once whether it is changed; raises the protocol's errors.

        Without an answer the terminal is asked later what it has: only it knows.
        """
        change: dict[str, Any] = {key: value}
        command = sheet.change(**change)
        async with self._one_at_a_time:
            has_told = sheet.told(self._coordinator.data) is not None
            try:
                await self._request(command)
            except CommandTimeout:
                self._async_look_again(sheet)
                raise
            self._async_assume(sheet, change)
            if has_told:
                with suppress(ProtocolError):
                    await self.async_read(sheet, Priority.INTERACTIVE)
            kept = sheet.value(self._coordinator.data, key)
        if kept is not None and kept != value:
            raise CommandWithoutEffect(key, kept)

    def _async_assume(self, sheet: Sheet, change: dict[str, Any]) -> None:
        state = self._coordinator.data
        told = sheet.told(state) or sheet.read.reply()
        self._coordinator.async_replace(sheet.put(state, replace(told, **change)))

    def _async_look_again(self, sheet: Sheet) -> None:
        async def _async_read() -> None:
            with suppress(ProtocolError):
                await self.async_read(sheet)

        coordinator = self._coordinator
        coordinator.config_entry.async_create_background_task(
            coordinator.hass, _async_read(), f"read the settings of {coordinator.name}"
        )
