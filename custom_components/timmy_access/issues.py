"""Repair issues: how they are named, and what their fix flows know of them (`repairs.py`)."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .protocol.peer import as_text

# In the data of an issue; the first is the translation key, by which the fix flow is found.
DATA_KIND = "kind"
DATA_ENTRY_ID = "entry_id"
DATA_SERIAL = "serial"

# A text in a sentence that is longer than this is no name, no path and no error any more.
MAX_PLACEHOLDER = 1000

# What shows something that is not known.
NOTHING = "—"


def as_placeholders(texts: Mapping[str, str]) -> dict[str, str]:
    """Return what is filled into a dialog or an issue, as text.

    Both are Markdown, and what is filled in may be a peer's.
    """
    return {key: as_text(text, MAX_PLACEHOLDER) for key, text in texts.items()}


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
    learn_more_url: str | None = None,
) -> None:
    """Show an issue of a kind, a translation key, about a subject; the same again changes nothing.

    What is `persistent` is there again after a restart without being raised anew. `learn_more_url` leads to where it is
    seen to.
    """
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{kind}_{subject}",
        data={DATA_KIND: kind, DATA_ENTRY_ID: entry_id, **(data or {})},
        is_fixable=fixable,
        is_persistent=persistent,
        learn_more_url=learn_more_url,
        severity=severity,
        translation_key=kind,
        translation_placeholders=as_placeholders(placeholders),
    )


@callback
def async_clear(hass: HomeAssistant, kind: str, subject: str) -> None:
    """Take an issue back, if there is one."""
    ir.async_delete_issue(hass, DOMAIN, f"{kind}_{subject}")
