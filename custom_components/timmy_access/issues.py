"""Repair issues: how they are named, and what their fix flows know of them (`repairs.py`)."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN

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
