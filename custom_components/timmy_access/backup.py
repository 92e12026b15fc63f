"""A backup of Home Assistant holds a consistent copy of the access log."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from .const import DOMAIN
from .ledger import LedgerUnavailable
from .records.ledgers import async_open_ledgers


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Let the database file stand still while it is copied; records are kept beside it meanwhile."""
    for ledger in async_open_ledgers(hass):
        try:
            await ledger.begin_backup()
        except LedgerUnavailable as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="backup_failed",
                translation_placeholders={"database": ledger.name},
            ) from err


async def async_post_backup(hass: HomeAssistant) -> None:
    """Go on as before."""
    for ledger in async_open_ledgers(hass):
        try:
            await ledger.end_backup()
        except LedgerUnavailable:  # what a backup switched off is off in an open database only
            continue
