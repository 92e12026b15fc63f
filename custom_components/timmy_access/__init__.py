"""Timmy Access: access terminals that dial in to Home Assistant."""

import asyncio

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_STOP, Platform
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.typing import ConfigType

from .automation.blueprints import async_blueprints, async_keep_blueprints
from .automation.bus import async_fire_moments
from .const import CONF_DB_URL, CONF_SERIAL, DOMAIN, LOGGER, SUBENTRY_TERMINAL
from .guests.passbook import key_store
from .guests.pictures import PASSES
from .house.forgetting import async_forget_house
from .house.house import async_remove_house
from .hub.absences import Absences
from .hub.certificates import CertificateInvalid
from .hub.hub import Hub, TimmyAccessConfigEntry
from .hub.leftovers import async_remove_leftovers
from .hub.listening import async_clear_listening, async_raise_not_listening
from .hub.migration import async_clear_migrated, async_migrate
from .hub.noticed import Noticed
from .hub.parting import async_leave_doors
from .hub.photo_keeping import async_keep_photos
from .ledger import LedgerUnavailable
from .panel.api import async_register_commands
from .panel.sidebar import async_hide, async_show
from .people.muster import roll_call_store
from .records.exporting import EXPORTS
from .records.ledgers import async_acquire, async_release
from .records.photo_view import PhotoView
from .records.photos import async_remove_photos
from .records.private_files import PrivateFileView
from .services import async_setup_services
from .terminal.store import TerminalStore
from .voice.listening import async_follow_voice, async_setup_voice

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

PLATFORMS = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.IMAGE,
    Platform.LOCK,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:  # noqa: ARG001 - given by Home Assistant
    """Register the actions, what they write and what the panel asks, which are there whether or not a listener runs."""
    async_setup_services(hass)
    async_register_commands(hass)
    async_setup_voice(hass)
    for folder in (EXPORTS, PASSES):
        hass.http.register_view(PrivateFileView(folder))
    hass.http.register_view(PhotoView())
    return True


async def async_migrate_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Bring an entry of an earlier version up to date."""
    async_migrate(hass, entry)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: TimmyAccessConfigEntry) -> bool:
    """Open the port for the terminals of an entry."""
    await async_show(hass)
    begun_with = entry.modified_at
    try:
        hub = await Hub.async_make(hass, entry)

        async def _async_stop(_: Event) -> None:
            await hub.async_stop()

        entry.async_on_unload(hub.async_stop)
        entry.async_on_unload(hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, _async_stop))
        entry.async_on_unload(async_fire_moments(hass, hub))
        await hub.async_start()
    except (CertificateInvalid, OSError) as err:
        # Also an address may come later, with its network.
        key, placeholders = async_raise_not_listening(hass, entry, err)
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders=placeholders,
        ) from err
    async_clear_listening(hass, entry)
    entry.runtime_data = hub
    entry.async_on_unload(entry.add_update_listener(_async_apply))
    if entry.modified_at != begun_with:  # a start may take long: a terminal may have been removed meanwhile
        hub.async_apply()
    for platform in PLATFORMS:
        await hass.config_entries.async_forward_entry_setups(entry, (platform,))
        # A building's entities are made in one step of the event loop each platform, and not all in one.
        await asyncio.sleep(0)
    entry.async_on_unload(async_follow_voice(hass, entry, hub))
    entry.async_on_unload(async_keep_photos(hass, entry, hub))
    async_keep_blueprints(hass)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: TimmyAccessConfigEntry) -> bool:
    """Remove the entities; closing the port follows by `async_on_unload`."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget what is kept of a listener, and the people of its house; the access log stays."""
    await TerminalStore(hass, entry.entry_id).async_remove()
    await Noticed(hass, entry.entry_id).async_remove()
    await Absences(hass, entry.entry_id).async_remove()
    await key_store(hass, entry.entry_id).async_remove()
    await roll_call_store(hass, entry.entry_id).async_remove()
    await async_leave_doors(hass, entry)
    await async_remove_leftovers(hass, entry.entry_id)
    await async_remove_photos(hass, entry.entry_id)
    await async_remove_house(hass, entry.entry_id)
    async_clear_migrated(hass, entry)
    if all(other is entry for other in hass.config_entries.async_entries(DOMAIN, include_ignore=False)):
        async_hide(hass)
        await async_blueprints(hass).async_forget()
    ledger = await async_acquire(hass, entry.options.get(CONF_DB_URL))
    try:
        await async_forget_house(ledger, entry.entry_id)
    except LedgerUnavailable as err:
        LOGGER.warning("The people of the house of %s stay in the database, which is away: %s", entry.title, err)
    finally:
        await async_release(hass, ledger)


async def async_remove_config_entry_device(
    hass: HomeAssistant,  # noqa: ARG001 - given by Home Assistant
    entry: ConfigEntry,
    device: dr.AnyDeviceEntry,
) -> bool:
    """Allow removing devices of terminals that are no longer approved."""
    ours = {subentry.data[CONF_SERIAL] for subentry in entry.get_subentries_of_type(SUBENTRY_TERMINAL)}
    ours.add(entry.entry_id)
    return not any(
        domain == DOMAIN and identifier.partition("_door")[0] in ours for domain, identifier in device.identifiers
    )


async def _async_apply(hass: HomeAssistant, entry: TimmyAccessConfigEntry) -> None:
    entry.runtime_data.async_apply()
    async_keep_blueprints(hass)
