"""Photos of accesses, kept for a while where the owner has chosen so; each is sealed and lies in a file of its own.

They are in the folder for what no backup needs, or in one that backups have in it. A photo and its record find each
other by what both say of the punch. Whatever goes wrong with photos, records go on without them.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..const import (
    CONF_PHOTO_DAYS,
    CONF_PHOTO_MEGABYTES,
    CONF_PHOTOS,
    CONF_PHOTOS_IN_BACKUPS,
    DOMAIN,
    LOGGER,
    PHOTO_DAYS,
    PHOTO_MEGABYTES,
)
from ..issues import async_clear, async_raise
from ..ledger import StoredRecord
from ..protocol.throttle import Throttle
from ..terminal.moments import PunchPhoto
from ..terminal.photo import Photo
from ..terminal.tasks import Tasks
from .photo_folder import Found, PhotoFolder, Shot, delete, move
from .photo_key import PhotoKey, async_photo_key, async_remove_photo_key
from .private_files import signed_address

NOT_KEPT = "photos_not_kept"
UNREADABLE = "photos_unreadable"
# Photos held in memory while the disk is busy, up to 2 MB each. Further ones are not kept; records do not wait.
MAX_WAITING = 8
# Nobody passes a door faster for long; a terminal that lies must not push out the photos of all others in a minute.
PHOTOS_PER_SECOND = 0.5
PHOTOS_AT_ONCE = 30
# An address in the panel is fetched at once, and one in a message when it arrives.
SHOWN_FOR = timedelta(minutes=10)
SENT_FOR = timedelta(hours=1)
URL = f"/api/{DOMAIN}/photos"
_MEGABYTE = 1_000_000

# The photos of each listener that runs, by the id of its entry.
PHOTOS: HassKey[dict[str, Photos]] = HassKey(f"{DOMAIN}_photos")


@dataclass(frozen=True, kw_only=True)
class PhotoChoice:
    """What the owner has chosen: for how long, how much of it, and whether backups have it."""

    days: int
    megabytes: int
    in_backups: bool

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> PhotoChoice | None:
        """Return the choice of a listener; None where no photos are kept."""
        if not options.get(CONF_PHOTOS, False):
            return None
        return cls(
            days=options.get(CONF_PHOTO_DAYS, PHOTO_DAYS),
            megabytes=options.get(CONF_PHOTO_MEGABYTES, PHOTO_MEGABYTES),
            in_backups=options.get(CONF_PHOTOS_IN_BACKUPS, False),
        )


@dataclass(frozen=True, kw_only=True)
class LatestPhoto:
    """The newest photo of a terminal since the start: what it is called, whose it is, and when it was taken."""

    place: str
    shot: Shot


class Photos:
    """The photos of one listener."""

    def __init__(self, hass: HomeAssistant, entry_id: str, tasks: Tasks) -> None:
        """Keep nothing until `async_apply`."""
        self._hass = hass
        self._entry_id = entry_id
        self._tasks = tasks
        self._choice: PhotoChoice | None = None
        self._key: PhotoKey | None = None
        self._folder: PhotoFolder | None = None
        self._size = 0
        self._waiting: deque[tuple[Shot, str]] = deque()
        self._is_writing = False
        self._is_full = False
        self._trouble: str | None = None
        self._unopened = False
        self._throttles: dict[str, Throttle] = {}
        self._latest: dict[str, LatestPhoto] = {}
        self._listeners: list[Callable[[], None]] = []
        # Only one at a time writes or deletes.
        self._lock = asyncio.Lock()

    @property
    def is_on(self) -> bool:
        """Whether photos are kept, and can be."""
        return self._folder is not None

    @callback
    def async_subscribe(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `listener` whenever photos have been kept or deleted, until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def async_apply(self, choice: PhotoChoice | None, serials: Collection[str]) -> None:
        """Keep as chosen, of these terminals only; without a choice everything is deleted."""
        async with self._lock:
            try:
                await self._async_apply(choice, serials)
            except (HomeAssistantError, OSError) as err:
                self._async_tell_trouble(err)
        self._async_told()

    async def _async_apply(self, choice: PhotoChoice | None, serials: Collection[str]) -> None:
        work = self._hass.async_add_executor_job
        if choice is None:
            self._choice = self._folder = self._key = None
            self._async_drop_waiting()
            for root in roots(self._hass, self._entry_id):
                await work(delete, root)
            await async_remove_photo_key(self._hass, self._entry_id)
            async_clear(self._hass, UNREADABLE, self._entry_id)
            self._async_tell_well()
            return
        if self._key is None:
            self._key = await async_photo_key(self._hass, self._entry_id)
        if self._key is None:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="photo_key_not_written")
        other, root = roots(self._hass, self._entry_id)[:: 1 if choice.in_backups else -1]
        await work(move, other, root)
        self._choice, self._folder = choice, PhotoFolder(root, self._key)
        self._async_drop_waiting(lambda shot: shot.serial not in serials)
        await work(self._folder.keep_only, serials)
        await self._async_tidy()

    @callback
    def async_take(self, serial: str, moment: PunchPhoto) -> None:
        """Have a photo kept beside whatever else goes on; never raises."""
        if self._folder is None or moment.enroll_id is None:
            return
        throttle = self._throttles.setdefault(serial, Throttle(PHOTOS_PER_SECOND, PHOTOS_AT_ONCE))
        if len(self._waiting) >= MAX_WAITING or not throttle.spend(1):
            if not self._is_full:
                LOGGER.warning("Photos come faster than they can be kept; some of %s are not", serial)
            self._is_full = True
            return
        shot = Shot(
            serial=serial,
            enroll_id=moment.enroll_id,
            occurred_at=moment.occurred_at,
            mode=moment.mode,
            reader=moment.reader,
            event=moment.event,
        )
        self._waiting.append((shot, moment.record))
        if not self._is_writing:
            self._is_writing = True
            self._tasks.async_start(self._async_write(), "keep photos", eager=False)

    async def async_places(self, records: Sequence[StoredRecord]) -> list[str | None]:
        """Return what the photo of each record is called; None where none is kept, or it cannot be looked for now."""
        if self._folder is None:
            return [None] * len(records)
        shots = [_shot_of(record) for record in records]
        try:
            return await self._hass.async_add_executor_job(self._folder.kept, shots)
        except OSError as err:
            self._async_tell_trouble(err)
            return [None] * len(records)

    async def async_photo(self, place: str) -> Photo | None:
        """Return a photo by what it is called; None where it is not there any more, or does not open."""
        if self._folder is None:
            return None
        try:
            photo = await self._hass.async_add_executor_job(self._folder.read, place)
        except FileNotFoundError, NotADirectoryError:
            return None
        except OSError as err:
            self._async_tell_trouble(err)
            return None
        if photo is None and not self._unopened:
            self._unopened = True
            LOGGER.warning("A photo of an access does not open: its file is damaged, or was put there by somebody else")
        return photo

    @callback
    def async_address(self, place: str, lifetime: timedelta) -> str:
        """Return an address that gives a photo to everybody who has it, for a while."""
        return signed_address(self._hass, f"{URL}/{self._entry_id}/{place}", lifetime)

    @callback
    def async_latest(self, serial: str, since: datetime) -> LatestPhoto | None:
        """Return the newest photo of a terminal where it was taken at or after a time."""
        latest = self._latest.get(serial)
        return latest if latest is not None and latest.shot.occurred_at >= since else None

    async def async_forget(self, enroll_ids: Collection[int]) -> None:
        """Delete the photos of people at once."""
        self._async_drop_waiting(lambda shot: shot.enroll_id in enroll_ids)
        async with self._lock:
            self._latest = {
                serial: latest for serial, latest in self._latest.items() if latest.shot.enroll_id not in enroll_ids
            }
            if self._folder is None:
                return
            try:
                await self._hass.async_add_executor_job(self._folder.forget, enroll_ids)
            except OSError as err:
                self._async_tell_trouble(err)
        self._async_told()

    async def async_tidy(self) -> None:
        """Delete what is old enough, and what there is no room for."""
        async with self._lock:
            try:
                await self._async_tidy()
            except OSError as err:
                self._async_tell_trouble(err)
        self._async_told()

    async def _async_tidy(self) -> None:
        if self._folder is None or self._choice is None:
            return
        before = dt_util.utcnow() - timedelta(days=self._choice.days)
        limit = self._choice.megabytes * _MEGABYTE
        found: Found = await self._hass.async_add_executor_job(self._folder.tidy, before, limit)
        self._size = found.size
        if found.foreign:
            async_raise(
                self._hass,
                self._entry_id,
                UNREADABLE,
                self._entry_id,
                placeholders={"count": str(found.foreign), "days": str(self._choice.days)},
                fixable=False,
            )
        else:
            async_clear(self._hass, UNREADABLE, self._entry_id)
        self._async_tell_well()

    async def _async_write(self) -> None:
        """Write what waits, one after the other."""
        try:
            while self._waiting:
                async with self._lock:
                    if self._waiting:
                        await self._async_write_next(*self._waiting.popleft())
            self._is_full = False
        finally:
            self._is_writing = False

    async def _async_write_next(self, shot: Shot, text: str) -> None:
        folder, choice, key = self._folder, self._choice, self._key
        if folder is None or choice is None or key is None:
            return
        try:
            size = await self._hass.async_add_executor_job(partial(folder.write, shot, text))
            if size is None:
                LOGGER.debug("A photo of %s is none, or it is not known whose", shot.serial)
                return
            self._async_tell_well()
            self._size += size
            if self._size > choice.megabytes * _MEGABYTE:
                await self._async_tidy()
        except OSError as err:
            self._async_tell_trouble(err)
            return
        self._latest[shot.serial] = LatestPhoto(place=shot.place(key), shot=shot)
        self._async_told()

    @callback
    def _async_drop_waiting(self, gone: Callable[[Shot], bool] = lambda _: True) -> None:
        kept = [(shot, text) for shot, text in self._waiting if not gone(shot)]
        self._waiting.clear()
        self._waiting.extend(kept)
        self._latest = {serial: latest for serial, latest in self._latest.items() if not gone(latest.shot)}

    @callback
    def _async_told(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    @callback
    def _async_tell_trouble(self, err: Exception) -> None:
        """Say that photos are not kept, until they are again; the log says once why, in the words of the system."""
        detail = (err.strerror if isinstance(err, OSError) else None) or str(err).rstrip(".") or type(err).__name__
        if detail == self._trouble:
            return
        self._trouble = detail
        LOGGER.warning("Photos of accesses are not kept: %s", detail)
        async_raise(self._hass, self._entry_id, NOT_KEPT, self._entry_id, placeholders={}, fixable=False)

    @callback
    def _async_tell_well(self) -> None:
        self._trouble = None
        async_clear(self._hass, NOT_KEPT, self._entry_id)


def roots(hass: HomeAssistant, entry_id: str) -> tuple[Path, Path]:
    """Return where the photos of a listener are: left out of Home Assistant's backups, or in them."""
    return Path(hass.config.cache_path(DOMAIN, "photos", entry_id)), Path(
        hass.config.path(f"{DOMAIN}_photos", entry_id)
    )


async def async_remove_photos(hass: HomeAssistant, entry_id: str) -> None:
    """Delete all photos of a listener that is removed, and the key."""
    for root in roots(hass, entry_id):
        try:
            await hass.async_add_executor_job(delete, root)
        except OSError as err:
            LOGGER.warning("Photos in %s stay, sealed: %s", root, err)
    await async_remove_photo_key(hass, entry_id)


def _shot_of(record: StoredRecord) -> Shot | None:
    entry = record.entry
    if not entry.enroll_id:  # a door, or nobody
        return None
    return Shot(
        serial=record.serial,
        enroll_id=entry.enroll_id,
        occurred_at=entry.occurred_at,
        mode=entry.mode,
        reader=entry.reader,
        event=entry.event,
    )
