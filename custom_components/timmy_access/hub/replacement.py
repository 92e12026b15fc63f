"""A terminal in the place of another that has died: everything stays but the hardware.

It is planned on the disk first, and carried out while the listener starts, when nobody is served: in the database, in
one transaction, then in the registries and the subentry, in one step of the event loop. Whatever ends in between, the
next start does the rest. The plan is dropped when all files have what it says.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_MAC, CONF_MODEL
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from ..const import CONF_COUNTED_AS, CONF_CPU_SERIAL, CONF_FORMER_SERIALS, CONF_SERIAL, LOGGER
from ..guests.book import Book
from ..house.house import House
from ..house.replacing import async_replaced_in_house, without_traces
from ..ledger import HouseChange, HouseItem, Ledger, LedgerInvalid, LedgerUnavailable, Pass
from ..terminal.devices import async_replace_terminal
from ..terminal.store import Replacement, TerminalStore
from .identity import async_is_approved

# By then Home Assistant has written its registries, also while it starts.
WRITTEN = timedelta(minutes=5)
# How often to look whether a database is back for which a plan waits.
LOOK = timedelta(seconds=60)
_HARDWARE = (CONF_CPU_SERIAL, CONF_MAC, CONF_MODEL)


async def async_plan(
    entry: ConfigEntry, ledger: Ledger, house: House, book: Book, store: TerminalStore, replacement: Replacement
) -> None:
    """Have it on the disk that a terminal is to take the place of another.

    What house and passes say of the new one, from when it was a terminal of its own, holds no more. Raises
    `HouseUnknown` and `LedgerUnavailable`, and then nothing is planned.
    """

    async def _keep(held: Sequence[Pass]) -> None:
        await ledger.keep_house(entry.entry_id, (), (), held)

    await house.keeper.async_change(lambda household: without_traces(household, replacement.new))
    await book.async_replace_terminal(replacement.new, None, _keep)
    await store.async_plan(replacement)


async def async_carry_out(
    hass: HomeAssistant, entry: ConfigEntry, ledger: Ledger, book: Book, store: TerminalStore
) -> None:
    """Do what is planned, if anything is, before the listener is put together; without a database nothing changes."""
    plan = store.replacement
    if plan is None:
        return
    subentry = entry.subentries.get(plan.subentry_id)
    serial = subentry.data[CONF_SERIAL] if subentry is not None else None
    if subentry is None or (serial != plan.new and (serial != plan.old or async_is_approved(hass, plan.new))):
        await store.async_plan(None)
        return
    if serial == plan.old:
        try:
            await _async_in_database(hass, entry, ledger, book, plan, subentry.title)
        except LedgerUnavailable as err:
            LOGGER.warning("%s is replaced when the database is back: %s", subentry.title, err)
            return
        except LedgerInvalid as err:
            LOGGER.error("%s is not replaced, as the database cannot hold it: %s", subentry.title, err)
            await store.async_plan(None)
            return
    if not async_is_approved(hass, plan.old) or serial == plan.old:
        async_replace_terminal(hass, entry.entry_id, plan.subentry_id, plan.old, plan.new)
        store.async_replace(plan)
    if serial == plan.old:
        hass.config_entries.async_update_subentry(entry, subentry, data=_data(subentry.data, plan), unique_id=plan.new)


@callback
def async_follow(hass: HomeAssistant, entry: ConfigEntry, ledger: Ledger, store: TerminalStore) -> CALLBACK_TYPE:
    """Drop a plan that is carried out when all files have it; begin anew for one that waits for the database.

    Ends with the returned function.
    """
    plan = store.replacement
    if plan is None:
        return lambda: None
    is_done = entry.subentries[plan.subentry_id].data[CONF_SERIAL] == plan.new

    async def _async_look(_: datetime) -> None:
        if is_done:
            await store.async_plan(None)
        elif ledger.health.available:
            hass.config_entries.async_schedule_reload(entry.entry_id)

    return async_track_time_interval(hass, _async_look, WRITTEN if is_done else LOOK, cancel_on_shutdown=True)


async def _async_in_database(
    hass: HomeAssistant, entry: ConfigEntry, ledger: Ledger, book: Book, plan: Replacement, name: str
) -> None:
    """Put the new terminal into the place of the old one in house and passes: all or nothing."""

    async def _write(items: Sequence[HouseItem], changes: Sequence[HouseChange]) -> None:
        async def _keep(held: Sequence[Pass]) -> None:
            await ledger.keep_house(entry.entry_id, items, changes, held)

        await book.async_replace_terminal(plan.old, plan.new, _keep)

    await async_replaced_in_house(hass, ledger, entry.entry_id, plan.old, plan.new, name, _write)


def _data(data: Mapping[str, Any], plan: Replacement) -> dict[str, Any]:
    """Return what is kept of the new terminal: everything that was said of the old one but its hardware."""
    former = (plan.old, *data.get(CONF_FORMER_SERIALS, ()))
    return {
        **{key: value for key, value in data.items() if key not in _HARDWARE},
        **plan.data,
        CONF_SERIAL: plan.new,
        CONF_FORMER_SERIALS: [serial for serial in former if serial != plan.new],
        CONF_COUNTED_AS: data.get(CONF_COUNTED_AS, plan.old),
    }
