"""Repair issues: how they are named, and what their fix flows know of them (`repairs.py`)."""

from collections.abc import Mapping
import errno

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .certificates import CertificateInvalid
from .const import CONF_CERTIFICATE, CONF_KEY, CONF_TLS_PORT, DOMAIN

# In the data of an issue; the first is the translation key, by which the fix flow is found.
DATA_KIND = "kind"
DATA_ENTRY_ID = "entry_id"
DATA_SERIAL = "serial"

# What shows something that is not known.
NOTHING = "—"


@callback
def async_raise(
    hass: HomeAssistant,
    entry_id: str,
    kind: str,
    subject: str,
    *,
    placeholders: dict[str, str],
    fixable: bool = True,
    persistent: bool = False,
    severity: ir.IssueSeverity = ir.IssueSeverity.WARNING,
    data: Mapping[str, str] | None = None,
) -> None:
    """Show an issue of a kind, a translation key, about a subject; the same again changes nothing.

    What is `persistent` is there again after a restart without being raised anew.
    """
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{kind}_{subject}",
        data={DATA_KIND: kind, DATA_ENTRY_ID: entry_id, **(data or {})},
        is_fixable=fixable,
        is_persistent=persistent,
        severity=severity,
        translation_key=kind,
        translation_placeholders=placeholders,
    )


@callback
def async_clear(hass: HomeAssistant, kind: str, subject: str) -> None:
    """Take an issue back, if there is one."""
    ir.async_delete_issue(hass, DOMAIN, f"{kind}_{subject}")


# Why a listener does not listen.
LISTENING_KINDS = ("cannot_listen", "certificate_unusable", "port_in_use")


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
        placeholders |= {"error": error.problem.value.replace("_", " ")}
        placeholders |= {field: entry.options.get(field, NOTHING) for field in (CONF_CERTIFICATE, CONF_KEY)}
    else:
        kind = "port_in_use" if error.errno == errno.EADDRINUSE else "cannot_listen"
        placeholders |= {"error": error.strerror or str(error)}
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


@callback
def async_clear_listening(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take back that a listener cannot listen."""
    for kind in LISTENING_KINDS:
        async_clear(hass, kind, entry.entry_id)
