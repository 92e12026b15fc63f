"""The dialogs: set up the listener, approve terminals, change either."""

from collections.abc import Mapping
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
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)

from .const import (
    ALL_ADDRESSES,
    CONF_CERTIFICATE,
    CONF_DB_URL,
    CONF_KEEP_DAYS,
    CONF_KEY,
    CONF_LIVE_WINDOW,
    CONF_NETWORKS,
    CONF_SERIAL,
    CONF_TLS,
    CONF_TLS_PORT,
    CONF_UNWRITTEN_USE,
    DOMAIN,
    KEEP_DAYS,
    LIVE_WINDOW,
    MAX_KEEP_DAYS,
    MAX_LIVE_WINDOW,
    MIN_LIVE_WINDOW,
    SUBENTRY_TERMINAL,
)
from .flows.terminal import TerminalSubentryFlow, async_is_approved, subentry_data, suggested_for, terminal_fields
from .guests.verdicts import UnwrittenUse
from .hub.address import (
    NetworksInvalid,
    async_addresses,
    async_entry_url,
    async_listening_errors,
    async_terminal_url,
    checked_networks,
)
from .hub.certificates import CertificateInvalid, TlsMode, async_tls_context
from .hub.pending import PendingTerminal
from .ledger import shown_url
from .protocol.listener import DEFAULT_PORT
from .protocol.networks import PRIVATE
from .records.ledgers import async_database_errors

_PORT = vol.All(
    NumberSelector(NumberSelectorConfig(min=1, max=65535, mode=NumberSelectorMode.BOX)),
    vol.Coerce(int),
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
        vol.Required(CONF_UNWRITTEN_USE, default=UnwrittenUse.REFUSE.value): SelectSelector(
            SelectSelectorConfig(options=[choice.value for choice in UnwrittenUse], translation_key=CONF_UNWRITTEN_USE)
        ),
        # Everybody is not among what is offered, but may be typed.
        vol.Optional(CONF_NETWORKS, default=PRIVATE.shown()): SelectSelector(
            SelectSelectorConfig(
                custom_value=True, mode=SelectSelectorMode.DROPDOWN, multiple=True, options=PRIVATE.shown()
            )
        ),
        vol.Required(CONF_TLS, default=TlsMode.OFF.value): SelectSelector(
            SelectSelectorConfig(options=[mode.value for mode in TlsMode], translation_key=CONF_TLS)
        ),
    }
)
# Without a port of its own, TLS takes that of the listener.
TLS_FIELDS: dict[vol.Marker, Any] = {vol.Optional(CONF_TLS_PORT): _PORT}
CERTIFICATE_FIELDS: dict[vol.Marker, Any] = {
    vol.Required(CONF_CERTIFICATE): TextSelector(),
    vol.Required(CONF_KEY): TextSelector(),
}


class TimmyAccessConfigFlow(ConfigFlow, domain=DOMAIN):
    """Set up a listener, or approve a terminal that has dialled in to one."""

    VERSION = 1
    # 2: terminals may dial in from some networks only (`async_migrate_entry`)
    MINOR_VERSION = 2

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
            data_schema=self.add_suggested_values_to_schema(await _listener_schema(self.hass), user_input),
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
                result = self.async_update_and_abort(
                    entry, title=_title(user_input[CONF_PORT]), data_updates=user_input
                )
                _async_start_again(self.hass, entry)
                return result
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                await _listener_schema(self.hass), user_input or entry.data
            ),
            description_placeholders={"url": await async_entry_url(self.hass, entry)},
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
    """What is news, how long records are kept, and where; from where terminals may dial in, and whether encrypted."""

    _chosen: dict[str, Any]

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask; opening the database is the test."""
        options = dict(self.config_entry.options)
        present = options.pop(CONF_DB_URL, None)
        # What can be shown of it, which is not its password, also stands for it when it comes back unchanged.
        shown = present and shown_url(present)
        errors: dict[str, str] = {}
        placeholders: dict[str, str] = {}
        if user_input is not None:
            chosen = dict(user_input)
            url = chosen.pop(CONF_DB_URL, None) or None
            url = present if url == shown else url
            if url != present:
                errors, placeholders = await async_database_errors(url)
            try:
                networks = checked_networks(chosen.pop(CONF_NETWORKS))
            except NetworksInvalid as err:
                placeholders[CONF_NETWORKS] = err.shown
                errors[CONF_NETWORKS] = "invalid_networks"
            else:
                if networks:
                    chosen[CONF_NETWORKS] = networks
            tls = chosen.pop(CONF_TLS)
            if chosen[CONF_UNWRITTEN_USE] == UnwrittenUse.REFUSE:
                del chosen[CONF_UNWRITTEN_USE]
            if url:
                chosen[CONF_DB_URL] = url
            if tls != TlsMode.OFF:
                chosen[CONF_TLS] = tls
            if tls == TlsMode.HOME_ASSISTANT:
                errors |= await _async_certificate_errors(self.hass, chosen)
            if not errors:
                self._chosen = chosen
                return self._async_finish() if tls == TlsMode.OFF else await self.async_step_encryption()
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                OPTIONS_SCHEMA, user_input or {**options, CONF_DB_URL: shown}
            ),
            description_placeholders=placeholders,
            errors=errors,
        )

    async def async_step_encryption(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a port and files; loading them and binding the port are the test."""
        entry = self.config_entry
        fields = TLS_FIELDS | (CERTIFICATE_FIELDS if self._chosen[CONF_TLS] == TlsMode.FILES else {})
        errors: dict[str, str] = {}
        if user_input is not None:
            chosen = {**self._chosen, **user_input}
            if chosen[CONF_TLS] == TlsMode.FILES:  # that of Home Assistant was tried on the page before
                errors = await _async_certificate_errors(self.hass, chosen)
            port = user_input.get(CONF_TLS_PORT)
            if port == entry.data[CONF_PORT]:
                errors[CONF_TLS_PORT] = "same_port"
            elif port is not None and port != entry.options.get(CONF_TLS_PORT):
                listening = await async_listening_errors(entry.data[CONF_HOST], port)
                errors |= {CONF_TLS_PORT if field == CONF_PORT else "base": key for field, key in listening.items()}
            if not errors:
                self._chosen = chosen
                return self._async_finish()
        return self.async_show_form(
            step_id="encryption",
            data_schema=self.add_suggested_values_to_schema(vol.Schema(fields), user_input or entry.options),
            description_placeholders={CONF_PORT: str(entry.data[CONF_PORT])},
            errors=errors,
        )

    @callback
    def _async_finish(self) -> ConfigFlowResult:
        if self.config_entry.state is not ConfigEntryState.LOADED:
            self.hass.config_entries.async_update_entry(self.config_entry, options=self._chosen)
            _async_start_again(self.hass, self.config_entry)
        return self.async_create_entry(data=self._chosen)


async def _listener_schema(hass: HomeAssistant) -> vol.Schema:
    """Return the questions about a listener, with the addresses that this machine has."""
    addresses = await async_addresses(hass)
    return vol.Schema(
        {
            vol.Required(CONF_PORT, default=DEFAULT_PORT): _PORT,
            vol.Required(CONF_HOST, default=ALL_ADDRESSES): SelectSelector(
                SelectSelectorConfig(
                    custom_value=True, mode=SelectSelectorMode.DROPDOWN, options=[ALL_ADDRESSES, *addresses]
                )
            ),
        }
    )


async def _async_certificate_errors(hass: HomeAssistant, options: Mapping[str, Any]) -> dict[str, str]:
    """Return why terminals cannot dial in encrypted, as errors of a form; nothing when they can."""
    try:
        await async_tls_context(hass, options)
    except CertificateInvalid as err:
        return {err.field: err.problem.value}
    return {}


@callback
def _async_start_again(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Start a listener that waits to be tried again: nobody listens to its changes, nor to terminals."""
    if entry.state in (ConfigEntryState.SETUP_RETRY, ConfigEntryState.SETUP_ERROR):
        hass.config_entries.async_schedule_reload(entry.entry_id)


def _title(port: int) -> str:
    return "Timmy Access" if port == DEFAULT_PORT else f"Timmy Access ({port})"
