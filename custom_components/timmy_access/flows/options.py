"""What is news, how long records are kept, and where; from where terminals may dial in, and whether encrypted."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_HOST, CONF_PORT, UnitOfInformation, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TimeSelector,
)

from ..const import (
    AWAY_DELAY,
    AWAY_NOTICE,
    CONF_AWAY_DELAY,
    CONF_AWAY_NOTICE,
    CONF_BLUEPRINTS,
    CONF_CERTIFICATE,
    CONF_DAY_BEGINS,
    CONF_DB_URL,
    CONF_EVERYBODY_GONE_AT,
    CONF_KEEP_DAYS,
    CONF_KEY,
    CONF_LIVE_WINDOW,
    CONF_NETWORKS,
    CONF_PHOTO_DAYS,
    CONF_PHOTO_MEGABYTES,
    CONF_PHOTOS,
    CONF_PHOTOS_IN_BACKUPS,
    CONF_TLS,
    CONF_TLS_PORT,
    CONF_UNWRITTEN_USE,
    CONF_VAULT,
    DAY_BEGINS,
    KEEP_DAYS,
    LIVE_WINDOW,
    MAX_AWAY_DELAY,
    MAX_AWAY_NOTICE,
    MAX_DAY_BEGINS,
    MAX_KEEP_DAYS,
    MAX_LIVE_WINDOW,
    MAX_PHOTO_DAYS,
    MAX_PHOTO_MEGABYTES,
    MIN_LIVE_WINDOW,
    MIN_PHOTO_MEGABYTES,
    PHOTO_DAYS,
    PHOTO_MEGABYTES,
)
from ..guests.verdicts import UnwrittenUse
from ..hub.address import NetworksInvalid, async_listening_errors, checked_networks
from ..hub.certificates import CertificateInvalid, TlsMode, async_tls_context
from ..issues import as_placeholders
from ..ledger import shown_url
from ..protocol.networks import PRIVATE
from ..records.ledgers import async_database_errors
from .switch import Switch

PORT = vol.All(
    NumberSelector(NumberSelectorConfig(min=1, max=65535, mode=NumberSelectorMode.BOX)),
    vol.Coerce(int),
)


def _whole(low: int, high: int, unit: str) -> Any:
    """Return the question for a whole number of a unit, between two."""
    config = NumberSelectorConfig(min=low, max=high, mode=NumberSelectorMode.BOX, unit_of_measurement=unit)
    return vol.All(NumberSelector(config), vol.Coerce(int))


OPTIONS_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_LIVE_WINDOW, default=int(LIVE_WINDOW.total_seconds())): _whole(
            MIN_LIVE_WINDOW, MAX_LIVE_WINDOW, UnitOfTime.SECONDS
        ),
        vol.Required(CONF_AWAY_DELAY, default=AWAY_DELAY): _whole(0, MAX_AWAY_DELAY, UnitOfTime.SECONDS),
        vol.Required(CONF_AWAY_NOTICE, default=AWAY_NOTICE): _whole(1, MAX_AWAY_NOTICE, UnitOfTime.MINUTES),
        vol.Required(CONF_KEEP_DAYS, default=KEEP_DAYS): _whole(0, MAX_KEEP_DAYS, UnitOfTime.DAYS),
        vol.Required(CONF_DAY_BEGINS, default=DAY_BEGINS): _whole(0, MAX_DAY_BEGINS, UnitOfTime.HOURS),
        vol.Optional(CONF_DB_URL): TextSelector(),
        vol.Required(CONF_UNWRITTEN_USE, default=UnwrittenUse.REFUSE.value): SelectSelector(
            SelectSelectorConfig(options=[choice.value for choice in UnwrittenUse], translation_key=CONF_UNWRITTEN_USE)
        ),
        vol.Required(CONF_VAULT, default=False): Switch(),
        vol.Required(CONF_BLUEPRINTS, default=False): Switch(),
        vol.Required(CONF_PHOTOS, default=False): Switch(),
        vol.Required(CONF_PHOTO_DAYS, default=PHOTO_DAYS): _whole(1, MAX_PHOTO_DAYS, UnitOfTime.DAYS),
        vol.Required(CONF_PHOTO_MEGABYTES, default=PHOTO_MEGABYTES): _whole(
            MIN_PHOTO_MEGABYTES, MAX_PHOTO_MEGABYTES, UnitOfInformation.MEGABYTES
        ),
        vol.Required(CONF_PHOTOS_IN_BACKUPS, default=False): Switch(),
        vol.Optional(CONF_EVERYBODY_GONE_AT): TimeSelector(),
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
# What is chosen without being said: the database in the configuration folder, private networks, no encryption, no
# vault, no photos, no blueprints.
_DEFAULTS = {
    CONF_AWAY_DELAY: AWAY_DELAY,
    CONF_AWAY_NOTICE: AWAY_NOTICE,
    CONF_BLUEPRINTS: False,
    CONF_DAY_BEGINS: DAY_BEGINS,
    CONF_PHOTO_DAYS: PHOTO_DAYS,
    CONF_PHOTO_MEGABYTES: PHOTO_MEGABYTES,
    CONF_PHOTOS: False,
    CONF_PHOTOS_IN_BACKUPS: False,
    CONF_TLS: TlsMode.OFF,
    CONF_UNWRITTEN_USE: UnwrittenUse.REFUSE,
    CONF_VAULT: False,
}
# Without a port of its own, TLS takes that of the listener.
TLS_FIELDS: dict[vol.Marker, Any] = {vol.Optional(CONF_TLS_PORT): PORT}
CERTIFICATE_FIELDS: dict[vol.Marker, Any] = {
    vol.Required(CONF_CERTIFICATE): TextSelector(),
    vol.Required(CONF_KEY): TextSelector(),
}


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
            url = user_input.get(CONF_DB_URL) or None
            url = present if url == shown else url
            if url != present:
                errors, placeholders = await async_database_errors(url)
            chosen = {**user_input, CONF_DB_URL: url}
            try:
                chosen[CONF_NETWORKS] = checked_networks(chosen[CONF_NETWORKS])
            except NetworksInvalid as err:
                placeholders[CONF_NETWORKS] = err.shown
                errors[CONF_NETWORKS] = "invalid_networks"
            if chosen[CONF_TLS] == TlsMode.HOME_ASSISTANT:
                errors |= await _async_certificate_errors(self.hass, chosen)
            if not errors:
                self._chosen = {
                    key: value
                    for key, value in chosen.items()
                    if value not in (None, []) and value != _DEFAULTS.get(key)
                }
                return await self.async_step_encryption() if CONF_TLS in self._chosen else self._async_finish()
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                OPTIONS_SCHEMA, user_input or {**options, CONF_DB_URL: shown}
            ),
            description_placeholders=as_placeholders(placeholders),
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
            async_start_again(self.hass, self.config_entry)
        return self.async_create_entry(data=self._chosen)


@callback
def async_start_again(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Start a listener that waits to be tried again: nobody listens to its changes, nor to terminals."""
    if entry.state in (ConfigEntryState.SETUP_RETRY, ConfigEntryState.SETUP_ERROR):
        hass.config_entries.async_schedule_reload(entry.entry_id)


async def _async_certificate_errors(hass: HomeAssistant, options: Mapping[str, Any]) -> dict[str, str]:
    """Return why terminals cannot dial in encrypted, as errors of a form; nothing when they can."""
    try:
        await async_tls_context(hass, options)
    except CertificateInvalid as err:
        return {err.field: err.problem.value}
    return {}
