"""Why a listener does not listen, as a repair issue."""

import errno

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_get_cached_translations

from ..const import CONF_CERTIFICATE, CONF_DB_URL, CONF_KEY, CONF_TLS, CONF_TLS_PORT, DOMAIN, LOGGER
from ..issues import NOTHING, async_clear, async_raise
from .address import listening_error
from .certificates import CertificateInvalid

# The translation keys of the issues.
LISTENING_KINDS = ("cannot_listen", "certificate_unusable", "port_in_use")
# Home Assistant has loaded this of every integration that runs, while another language is being loaded.
_FALLBACK_LANGUAGE = "en"
_FIXED_OPTIONS = (CONF_CERTIFICATE, CONF_DB_URL, CONF_KEY, CONF_TLS, CONF_TLS_PORT)


@callback
def async_raise_not_listening(
    hass: HomeAssistant, entry: ConfigEntry, error: OSError | CertificateInvalid
) -> tuple[str, dict[str, str]]:
    """Show that a listener cannot listen, until it listens or is no longer wanted to.

    Returns a translation key and its placeholders, for those who read the entry instead.
    """
    ports = [entry.data[CONF_PORT], entry.options.get(CONF_TLS_PORT)]
    placeholders = {"address": entry.data[CONF_HOST], "port": " / ".join(str(port) for port in ports if port)}
    if isinstance(error, CertificateInvalid):
        kind = "certificate_unusable"
        placeholders |= {"error": _said(hass, "options", error.problem.value)}
        placeholders |= {field: entry.options.get(field, NOTHING) for field in (CONF_CERTIFICATE, CONF_KEY)}
    else:
        kind = "port_in_use" if error.errno == errno.EADDRINUSE else "cannot_listen"
        placeholders |= {"error": _said(hass, "config", listening_error(error)[1])}
        LOGGER.debug("Listening on %s does not work: %s", placeholders["port"], error)
    async_clear_listening(hass, entry)
    async_raise(hass, entry.entry_id, kind, entry.entry_id, placeholders=placeholders, severity=ir.IssueSeverity.ERROR)

    @callback
    def _async_changed() -> None:
        if entry.state is not ConfigEntryState.SETUP_RETRY:
            unsubscribe()
        if entry.state is ConfigEntryState.NOT_LOADED:
            async_clear_listening(hass, entry)

    unsubscribe = entry.async_on_state_change(_async_changed)
    return kind, placeholders


def _said(hass: HomeAssistant, dialog: str, key: str) -> str:
    """Return an error of a dialog as a part of a sentence, in the language of Home Assistant."""
    for language in (hass.config.language, _FALLBACK_LANGUAGE):
        texts = async_get_cached_translations(hass, language, dialog, DOMAIN)
        if (text := texts.get(f"component.{DOMAIN}.{dialog}.error.{key}")) is not None:
            return text.rstrip(".。")
    return key


@callback
def async_clear_listening(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take back that a listener cannot listen."""
    for kind in LISTENING_KINDS:
        async_clear(hass, kind, entry.entry_id)


def fixed_settings(entry: ConfigEntry) -> tuple[object, ...]:
    """Return the settings that cannot be changed while a listener runs."""
    return (entry.data[CONF_HOST], entry.data[CONF_PORT], *(entry.options.get(option) for option in _FIXED_OPTIONS))
