"""The open ledgers of this Home Assistant: one a database, shared by the listeners that write into it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.hass_dict import HassKey

from ..const import CONF_DB_URL, DOMAIN, LOGGER
from ..issues import as_placeholders
from ..ledger import Cause, Health, Ledger, default_url, key_of_url

LEDGERS: HassKey[dict[str, SharedLedger]] = HassKey(f"{DOMAIN}_ledgers")
# Two listeners that start at the same time open a database once.
_OPENING: HassKey[asyncio.Lock] = HassKey(f"{DOMAIN}_opening")


@dataclass
class SharedLedger:
    """A ledger and how many listeners use it."""

    ledger: Ledger
    users: int = 0
    unsubscribe: list[Callable[[], None]] = field(default_factory=list)


async def async_acquire(hass: HomeAssistant, url: str | None) -> Ledger:
    """Return the ledger of a database, opening it for the first who asks; None is the file in the configuration folder.

    A database that cannot be used is no error, whatever the reason: doors do not wait for it. Records then stay on the
    terminals, and a repair issue says why.
    """
    async with hass.data.setdefault(_OPENING, asyncio.Lock()):
        return await _async_acquire(hass, url)


async def _async_acquire(hass: HomeAssistant, url: str | None) -> Ledger:
    where = url or default_url(Path(hass.config.config_dir))
    # However it is written: what closes a pass in one database must close it for all who use that.
    key = await hass.async_add_executor_job(key_of_url, where)
    ledgers = hass.data.setdefault(LEDGERS, {})
    if (shared := ledgers.get(key)) is None:
        shared = SharedLedger(Ledger(where))
        await shared.ledger.start()
        ledgers[key] = shared
        _async_watch(hass, shared)
    shared.users += 1
    return shared.ledger


async def async_database_errors(url: str | None) -> tuple[dict[str, str], dict[str, str]]:
    """Return why no records can be kept in a database, as errors of a form and their placeholders; else nothing."""
    if url is None:
        return {}, {}
    ledger = Ledger(url, is_trial=True)
    await ledger.start()
    health = ledger.health
    await ledger.close()
    return ({}, {}) if health.cause is None else ({CONF_DB_URL: health.cause.value}, {"detail": health.detail})


async def async_release(hass: HomeAssistant, ledger: Ledger) -> None:
    """Give a ledger back; the last one closes it. One that is closed already stays so."""
    ledgers = hass.data.get(LEDGERS, {})
    for url, shared in tuple(ledgers.items()):
        if shared.ledger is not ledger:
            continue
        shared.users -= 1
        if not shared.users:
            del ledgers[url]
            for unsubscribe in shared.unsubscribe:
                unsubscribe()
            await ledger.close()


@callback
def async_open_ledgers(hass: HomeAssistant) -> list[Ledger]:
    """Return the ledgers that are open."""
    return [shared.ledger for shared in hass.data.get(LEDGERS, {}).values()]


@callback
def _async_watch(hass: HomeAssistant, shared: SharedLedger) -> None:
    """Show trouble with a database as a repair issue, for as long as it lasts."""
    ledger = shared.ledger
    issue_id = f"database_{ledger.name}"

    @callback
    def _async_show(health: Health) -> None:
        if health.available:
            ir.async_delete_issue(hass, DOMAIN, issue_id)
            LOGGER.info("Records are kept in %s", ledger.name)
        else:
            LOGGER.warning("No records can be kept in %s: %s %s", ledger.name, health.cause, health.detail)
            # A driver's own words, which are English, are for the log. Which driver is missing, people have to know.
            detail = {"detail": health.detail} if health.cause is Cause.NO_DRIVER else {}
            ir.async_create_issue(
                hass,
                DOMAIN,
                issue_id,
                is_fixable=False,
                severity=ir.IssueSeverity.ERROR,
                translation_key=health.cause or "database_unknown",
                translation_placeholders=as_placeholders({"database": ledger.name, **detail}),
            )
        if health.set_aside is not None:
            ir.async_create_issue(
                hass,
                DOMAIN,
                f"set_aside_{health.set_aside.name}",
                is_fixable=True,  # by having read it
                is_persistent=True,
                severity=ir.IssueSeverity.WARNING,
                translation_key="database_set_aside",
                translation_placeholders=as_placeholders({"database": ledger.name, "file": str(health.set_aside)}),
            )

    shared.unsubscribe += [ledger.subscribe(_async_show), lambda: ir.async_delete_issue(hass, DOMAIN, issue_id)]
    if not ledger.health.available or ledger.health.set_aside is not None:
        _async_show(ledger.health)
