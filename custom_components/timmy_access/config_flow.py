"""The dialogs: set up the listener, approve terminals, change either."""

from collections.abc import Mapping
from typing import Any, override

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigFlow, ConfigFlowResult, ConfigSubentryFlow
from homeassistant.const import CONF_HOST, CONF_MODEL, CONF_NAME, CONF_PORT
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import SelectSelector, SelectSelectorConfig, SelectSelectorMode

from .const import ALL_ADDRESSES, CONF_BLUEPRINTS, CONF_DOORS, CONF_KEEP_IN_STEP, CONF_SERIAL, DOMAIN, SUBENTRY_TERMINAL
from .flows.doors import async_assumed, async_door_errors, door_fields, door_names, suggested_for
from .flows.options import PORT, TimmyAccessOptionsFlow, async_start_again
from .flows.switch import Switch
from .flows.terminal import TerminalSubentryFlow, offers_of, terminal_fields, waiting_selector
from .hub.address import async_addresses, async_entry_address, async_listening_errors, async_terminal_address
from .hub.approval import async_approve, async_name_error, may_be_kept
from .hub.hub import TimmyAccessConfigEntry
from .hub.identity import async_is_approved
from .hub.pending import PendingTerminal
from .issues import as_placeholders
from .protocol.listener import DEFAULT_PORT


class TimmyAccessConfigFlow(ConfigFlow, domain=DOMAIN):
    """Set up a listener, or approve a terminal that has dialled in to one."""

    VERSION = 1
    # 2: terminals may dial in from some networks only (`async_migrate_entry`)
    MINOR_VERSION = 2

    _terminal: PendingTerminal
    # Who was offered, by what stands for them in the list: that one is approved, whoever has come since.
    _offered: Mapping[str, PendingTerminal] = {}
    # What was said of the terminal before its doors were asked about.
    _answers: Mapping[str, Any]

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
        """Set up the first listener; afterwards, what the strongest button of the page is for: adding a terminal."""
        if user_input is None and self.hass.config_entries.async_loaded_entries(DOMAIN):
            return self.async_show_menu(step_id="user", menu_options=["terminal", "listener"])
        return await self.async_step_listener(user_input)

    async def async_step_terminal(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose one of the terminals that wait, of whatever listener, to approve it."""
        if user_input is not None and (chosen := self._offered.get(user_input[CONF_SERIAL])) is not None:
            self._terminal = chosen
            return await self.async_step_approve()
        entries: list[TimmyAccessConfigEntry] = self.hass.config_entries.async_loaded_entries(DOMAIN)
        self._offered = offers_of(
            terminal for entry in entries for terminal in entry.runtime_data.pending.async_waiting()
        )
        address = await async_entry_address(self.hass, entries[0]) if entries else {}
        if not self._offered:
            return self.async_abort(reason="nobody_waits", description_placeholders=address)
        return self.async_show_form(
            step_id="terminal",
            data_schema=vol.Schema({vol.Required(CONF_SERIAL): waiting_selector(self._offered)}),
            description_placeholders=address,
        )

    async def async_step_listener(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask where to listen; binding the port is the test."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._async_abort_entries_match({CONF_PORT: user_input[CONF_PORT]})
            host, port = user_input[CONF_HOST], user_input[CONF_PORT]
            if not (errors := await async_listening_errors(host, port)):
                return self.async_create_entry(
                    title=_title(port),
                    data={CONF_HOST: host, CONF_PORT: port},
                    options={CONF_BLUEPRINTS: True} if user_input[CONF_BLUEPRINTS] else {},
                    description="default",
                    description_placeholders=await async_terminal_address(self.hass, host, port),
                )
        return self.async_show_form(
            step_id="listener",
            data_schema=self.add_suggested_values_to_schema(
                (await _listener_schema(self.hass)).extend({vol.Required(CONF_BLUEPRINTS, default=True): Switch()}),
                user_input,
            ),
            description_placeholders=await async_terminal_address(self.hass, ALL_ADDRESSES, DEFAULT_PORT),
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
                result = self.async_update_and_abort(
                    entry, title=_title(user_input[CONF_PORT]), data_updates=user_input
                )
                async_start_again(self.hass, entry)
                return result
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                await _listener_schema(self.hass), user_input or entry.data
            ),
            description_placeholders=await async_entry_address(self.hass, entry),
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
        self.context["title_placeholders"] = as_placeholders(
            {CONF_NAME: f"{discovery_info.model} {discovery_info.serial}"}
        )
        return await self.async_step_approve()

    async def async_step_approve(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what a terminal is called, and how many doors it has."""
        terminal = self._terminal
        errors: dict[str, str] = {}
        if user_input is not None:
            if error := async_name_error(self.hass, user_input[CONF_NAME]):
                errors[CONF_NAME] = error
            else:
                self._answers = user_input
                return await self.async_step_doors()
        return self.async_show_form(
            step_id="approve",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(terminal_fields(area=True, keep=self._may_be_kept())), user_input or suggested_for(terminal)
            ),
            description_placeholders={
                **as_placeholders(
                    {"address": terminal.address, CONF_MODEL: terminal.model, CONF_SERIAL: terminal.serial}
                ),
                "assumed": await async_assumed(self.hass, terminal),
            },
            errors=errors,
        )

    async def async_step_doors(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what each of several doors is called, and approve the terminal; an only door is called like that."""
        doors, name = self._answers[CONF_DOORS], self._answers[CONF_NAME]
        names = [] if user_input is None or doors == 1 else door_names(user_input, doors)
        if (user_input is None and doors > 1) or (errors := async_door_errors(self.hass, name, names)):
            return self.async_show_form(
                step_id="doors",
                data_schema=self.add_suggested_values_to_schema(door_fields(doors), user_input or {}),
                description_placeholders=as_placeholders({CONF_NAME: name}),
                errors=errors if user_input is not None else None,
            )
        return self._approved(names)

    def _may_be_kept(self) -> bool:
        entry: TimmyAccessConfigEntry | None = self.hass.config_entries.async_get_entry(self._terminal.entry_id)
        is_loaded = entry is not None and entry.state is ConfigEntryState.LOADED
        return entry is not None and is_loaded and may_be_kept(entry.runtime_data, self._terminal)

    def _approved(self, names: list[str]) -> ConfigFlowResult:
        """Make the terminal a subentry of the listener it dialled in to."""
        terminal, answers = self._terminal, self._answers
        entry = self.hass.config_entries.async_get_entry(terminal.entry_id)
        if entry is None:
            return self.async_abort(reason="listener_removed")
        if async_is_approved(self.hass, terminal.serial):
            return self.async_abort(reason="already_configured")
        async_approve(self.hass, entry, terminal, answers, names)
        is_kept = answers.get(CONF_KEEP_IN_STEP, False)
        return self.async_abort(
            reason="terminal_approved_kept" if is_kept else "terminal_approved",
            description_placeholders=as_placeholders({CONF_NAME: answers[CONF_NAME]}),
        )


async def _listener_schema(hass: HomeAssistant) -> vol.Schema:
    """Return the questions about a listener, with the addresses that this machine has."""
    addresses = await async_addresses(hass)
    return vol.Schema(
        {
            vol.Required(CONF_PORT, default=DEFAULT_PORT): PORT,
            vol.Required(CONF_HOST, default=ALL_ADDRESSES): SelectSelector(
                SelectSelectorConfig(
                    custom_value=True, mode=SelectSelectorMode.DROPDOWN, options=[ALL_ADDRESSES, *addresses]
                )
            ),
        }
    )


def _title(port: int) -> str:
    return "Timmy Access" if port == DEFAULT_PORT else f"Timmy Access ({port})"
