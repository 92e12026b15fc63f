"""The photo that a terminal took at the latest punch.

It is kept in memory and nowhere else, and gone after a restart.
"""

from dataclasses import dataclass
import logging
from typing import override

from homeassistant.components.image import ImageEntity, ImageEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import TerminalEntity, async_add_reported_entities
from .hub.hub import TimmyAccessConfigEntry
from .hub.terminal import Terminal
from .terminal.moments import Moment, PunchPhoto
from .terminal.photo import SMALL_TEXT, Photo, decode_photo
from .terminal.state import TerminalState

PARALLEL_UPDATES = 0  # read only


@dataclass(frozen=True, kw_only=True)
class TerminalImageDescription(ImageEntityDescription):
    """An image that terminals with a camera have."""

    def reported_fn(self, state: TerminalState) -> bool:
        """Return whether the terminal has a camera: it knows faces, or can be told to take photos."""
        takes_photos = state.settings is not None and state.settings.punch_photos is not None
        return takes_photos or bool(state.info.faces_capacity)


IMAGES: tuple[TerminalImageDescription, ...] = (
    TerminalImageDescription(
        key="latest_punch_photo",
        translation_key="latest_punch_photo",
        entity_registry_enabled_default=False,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: TimmyAccessConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the image of every terminal with a camera."""
    await async_add_reported_entities(hass, entry, async_add_entities, Platform.IMAGE, IMAGES, PunchImage)


class PunchImage(TerminalEntity, ImageEntity):
    """The photo of the latest punch that had one."""

    entity_description: TerminalImageDescription

    def __init__(self, terminal: Terminal, description: TerminalImageDescription) -> None:
        """Show the photos of a terminal."""
        TerminalEntity.__init__(self, terminal, description.key)
        ImageEntity.__init__(self, terminal.coordinator.hass)
        self.entity_description = description
        self._latest: PunchPhoto | None = None
        self._photo: Photo | None = None

    @property
    @override
    def available(self) -> bool:
        """Always: a photo that was taken stays one."""
        return True

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the terminal."""
        await super().async_added_to_hass()
        self.async_on_remove(self.terminal.moments.async_subscribe(self._async_on_moment))

    @override
    async def async_image(self) -> bytes | None:
        """Return the picture."""
        return self._photo.data if self._photo is not None else None

    @callback
    def _async_on_moment(self, moment: Moment) -> None:
        if not isinstance(moment, PunchPhoto):
            return
        self._latest = moment
        if len(moment.record) <= SMALL_TEXT:
            self._async_show(moment, decode_photo(moment.record))
        else:
            self.coordinator.config_entry.async_create_background_task(
                self.hass, self._async_decode(moment), f"photo of {self.terminal.serial}"
            )

    async def _async_decode(self, moment: PunchPhoto) -> None:
        photo = await self.hass.async_add_executor_job(decode_photo, moment.record)
        if moment is self._latest:  # a small one may have come meanwhile
            self._async_show(moment, photo)

    @callback
    def _async_show(self, moment: PunchPhoto, photo: Photo | None) -> None:
        self._latest = None
        if photo is None:
            self.terminal.log.log(logging.DEBUG, "%s sent a photo that is none, or too large", self.terminal.serial)
            return
        self._photo = photo
        self._attr_content_type = photo.content_type
        self._attr_image_last_updated = moment.occurred_at
        self.async_write_ha_state()

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Ignore the state of the terminal: only photos change the image."""
