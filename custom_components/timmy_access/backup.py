"""A backup of Home Assistant holds a consistent copy of the access log."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN, LOGGER
from .ledger import LedgerUnavailable
from .records.ledgers import async_open_ledgers


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Let the database file stand still while it is copied; records are kept beside it meanwhile.

    A ledger that cannot be copied holds up nothing else: the backup is made without it, and a repair issue says so
    until one has it again.
    """
    for ledger in async_open_ledgers(hass):
        issue_id = f"backup_{ledger.name}"
        try:
            await ledger.begin_backup()
        except LedgerUnavailable as err:
            LOGGER.warning("A backup is made without the access log %s: %s", ledger.name, err)
            ir.async_create_issue(
                hass,
                DOMAIN,
                issue_id,
                is_fixable=False,
                severity=ir.IssueSeverity.WARNING,
                translation_key="backup_incomplete",
                translation_placeholders={"database": ledger.name},
            )
        else:
            ir.async_delete_issue(hass, DOMAIN, issue_id)


async def async_post_backup(hass: HomeAssistant) -> None:
    """Go on as before."""
    for ledger in async_open_ledgers(hass):
        try:
            await ledger.end_backup()
        except LedgerUnavailable:  # what a backup switched off is off in an open database only
            continue
