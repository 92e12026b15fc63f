"""The dialogs: set up the listener, approve terminals, change either."""

from types import MappingProxyType
from typing import Any, override

import voluptuous as vol

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentry,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.const import CONF_HOST, CONF_MODEL, CONF_NAME, CONF_PORT, UnitOfTime
from homeassistant.core import callback
from homeassistant.helpers.selector import NumberSelector, NumberSelectorConfig, NumberSelectorMode, TextSelector

from .address import async_listening_errors, async_terminal_url
from .const import (
    ALL_ADDRESSES,
    CONF_DB_URL,
    CONF_KEEP_DAYS,
    CONF_LIVE_WINDOW,
    CONF_SERIAL,
    DOMAIN,
    KEEP_DAYS,
    LIVE_WINDOW,
    MAX_KEEP_DAYS,
    MAX_LIVE_WINDOW,
    MIN_LIVE_WINDOW,
    SUBENTRY_TERMINAL,
)
from .ledgers import async_database_errors, shown_url
from .pending import PendingTerminal
from .protocol.listener import DEFAULT_PORT
from .terminal_flow import TerminalSubentryFlow, async_is_approved, subentry_data, suggested_for, terminal_fields

LISTENER_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_PORT, default=DEFAULT_PORT): vol.All(
            NumberSelector(NumberSelectorConfig(min=1, max=65535, mode=NumberSelectorMode.BOX)),
            vol.Coerce(int),
        ),
        vol.Required(CONF_HOST, default=ALL_ADDRESSES): TextSelector(),
    }
)

OPTIONS_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_LIVE_WINDOW, default=int(LIVE_WINDOW.total_seconds())): vol.All(
            NumberSelector(
                NumberSelectorConfig(
                    min=MIN_LIVE_WINDOW,
                    max=MAX_LIVE_WINDOW,
                    mode=NumberSelectorMode.BOX,
                    unit_of_measurement=UnitOfTime.SECONDS,
                )
            ),
            vol.Coerce(int),
        ),
        vol.Required(CONF_KEEP_DAYS, default=KEEP_DAYS): vol.All(
            NumberSelector(
                NumberSelectorConfig(
                    min=0, max=MAX_KEEP_DAYS, mode=NumberSelectorMode.BOX, unit_of_measurement=UnitOfTime.DAYS
                )
            ),
            vol.Coerce(int),
        ),
        vol.Optional(CONF_DB_URL): TextSelector(),
    }
)


class TimmyAccessConfigFlow(ConfigFlow, domain=DOMAIN):
    """Set up a listener, or approve a terminal that has dialled in to one."""

    VERSION = 1

    _terminal: PendingTerminal

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(cls, config_entry: ConfigEntry) -> dict[str, type[ConfigSubentryFlow]]:
        """Terminals are subentries of their listener."""
        return {SUBENTRY_TERMINAL: TerminalSubentryFlow}

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> TimmyAccessOptionsFlow:
        """Return the dialog for the options of a listener."""
        return TimmyAccessOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask where to listen; binding the port is the test."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._async_abort_entries_match({CONF_PORT: user_input[CONF_PORT]})
            host, port = user_input[CONF_HOST], user_input[CONF_PORT]
            if not (errors := await async_listening_errors(host, port)):
                return self.async_create_entry(
                    title=_title(port),
                    data=user_input,
                    description="default",
                    description_placeholders={"url": await async_terminal_url(self.hass, host, port)},
                )
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(LISTENER_SCHEMA, user_input),
            description_placeholders={"url": await async_terminal_url(self.hass, ALL_ADDRESSES, DEFAULT_PORT)},
            errors=errors,
        )

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Move the listener to another port or address."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            if user_input[CONF_PORT] != entry.data[CONF_PORT]:
                self._async_abort_entries_match({CONF_PORT: user_input[CONF_PORT]})
                errors = await async_listening_errors(user_input[CONF_HOST], user_input[CONF_PORT])
            else:  # the port is ours already; any free one tells whether the address is
                errors = await async_listening_errors(user_input[CONF_HOST], 0)
            if not errors:
                if entry.state is not ConfigEntryState.LOADED:  # nobody listens to the change, nor to terminals
                    self.hass.config_entries.async_schedule_reload(entry.entry_id)
                return self.async_update_and_abort(entry, title=_title(user_input[CONF_PORT]), data_updates=user_input)
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(LISTENER_SCHEMA, user_input or entry.data),
            description_placeholders={
                "url": await async_terminal_url(self.hass, entry.data[CONF_HOST], entry.data[CONF_PORT])
            },
            errors=errors,
        )

    @override
    async def async_step_integration_discovery(  # type: ignore[override]  # ours, and so of our own type
        self, discovery_info: PendingTerminal
    ) -> ConfigFlowResult:
        """Show a card for a terminal that has dialled in; ignoring the card blocks the terminal."""
        self._terminal = discovery_info
        await self.async_set_unique_id(discovery_info.serial)
        self._abort_if_unique_id_configured()
        if async_is_approved(self.hass, discovery_info.serial):
            return self.async_abort(reason="already_configured")
        self.context["title_placeholders"] = {CONF_NAME: f"{discovery_info.model} {discovery_info.serial}"}
        return await self.async_step_approve()

    async def async_step_approve(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Approve the terminal as a subentry of the listener it dialled in to."""
        terminal = self._terminal
        if user_input is not None:
            entry = self.hass.config_entries.async_get_entry(terminal.entry_id)
            if entry is None:
                return self.async_abort(reason="listener_removed")
            if async_is_approved(self.hass, terminal.serial):
                return self.async_abort(reason="already_configured")
            self.hass.config_entries.async_add_subentry(
                entry,
                ConfigSubentry(
                    data=MappingProxyType(subentry_data(terminal.serial, user_input, terminal)),
                    subentry_type=SUBENTRY_TERMINAL,
                    title=user_input[CONF_NAME],
                    unique_id=terminal.serial,
                ),
            )
            return self.async_abort(
                reason="terminal_approved",
                description_placeholders={CONF_NAME: user_input[CONF_NAME]},
            )
        return self.async_show_form(
            step_id="approve",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(terminal_fields(area=True)), suggested_for(terminal)
            ),
            description_placeholders={
                "address": terminal.address,
                CONF_MODEL: terminal.model,
                CONF_SERIAL: terminal.serial,
            },
        )


class TimmyAccessOptionsFlow(OptionsFlow):
    """What is news, how long records are kept, and where."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask; opening the database is the test."""
        options = dict(self.config_entry.options)
        present = options.pop(CONF_DB_URL, None)
        # What can be shown of it, which is not its password, also stands for it when it comes back unchanged.
        shown = present and shown_url(present)
        errors: dict[str, str] = {}
        if user_input is not None:
            chosen = dict(user_input)
            url = chosen.pop(CONF_DB_URL, None) or None
            url = present if url == shown else url
            if url == present or not (errors := await async_database_errors(url)):
                return self.async_create_entry(data={**chosen, CONF_DB_URL: url} if url else chosen)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                OPTIONS_SCHEMA, user_input or {**options, CONF_DB_URL: shown}
            ),
            errors=errors,
        )


def _title(port: int) -> str:
    return "Timmy Access" if port == DEFAULT_PORT else f"Timmy Access ({port})"
