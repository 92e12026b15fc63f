"""The access log, its end live."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import voluptuous as vol

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..const import LOGGER
from ..fields import day as a_day
from ..hub.hub import Hub
from ..ledger import LedgerUnavailable, RecordFilter, RecordKind, StoredRecord
from ..records.photo_folder import PLACE
from ..records.photos import PHOTOS, SHOWN_FOR
from ..records.reading import READABLE_METHODS, Readable, methods_of, serials_of
from .command import PanelCommand
from .feed import GATHER_SECONDS, PanelFeed, Send
from .request import Fields, PanelRequest

ATTR_AFTER = "after"
ATTR_DAY = "day"
ATTR_ENROLL_ID = "enroll_id"
ATTR_KIND = "kind"
ATTR_LIMIT = "limit"
ATTR_METHOD = "method"
ATTR_PHOTO = "photo"
ATTR_SERIAL = "serial"
ATTR_TEXT = "text"

# What a browser holds on its screen twice; more is asked for when somebody gets there.
DEFAULT_LIMIT = 50
MAX_LIMIT = 200
# More than this at once is a backlog that comes in: whoever looks reads the newest page again instead.
AT_ONCE = 100
# What became of a punch is kept a moment after the punch. So many are looked at again; a door has few a second.
LOOKED_AT_AGAIN = 50
# A database that is away is asked again; it may be back without a record that tells.
RETRY_SECONDS = 10.0
# Names that fit below a field.
MAX_FOUND = 20


async def _log(request: PanelRequest) -> JsonValueType:
    """Return a page of records, newest first, the cursor of the next, and what the filters mean to `export_logs`."""
    where = _filter(request)
    page = await request.hub.ledger.records(where, limit=request.data[ATTR_LIMIT], after=request.data.get(ATTR_AFTER))
    readable = Readable(request.hub.terminals.values())
    told = await _told(request.hass, request.entry.entry_id, readable, page.records)
    records: list[JsonValueType] = list(told.values())
    enroll_id = request.data.get(ATTR_ENROLL_ID)
    return {
        "records": records,
        "next": page.next,
        "from": None if where.since is None else where.since.isoformat(),
        "until": None if where.until is None else where.until.isoformat(),
        "person": None if enroll_id is None else _name_of(request, enroll_id),
    }


async def _log_photo(request: PanelRequest) -> JsonValueType:
    """Return the `url` of a photo, which works for some minutes; None where photos are not kept."""
    photos = request.hass.data.get(PHOTOS, {}).get(request.entry.entry_id)
    if photos is None or not photos.is_on:
        return {"url": None}
    return {"url": photos.async_address(request.data[ATTR_PHOTO], SHOWN_FOR)}


async def _log_people(request: PanelRequest) -> JsonValueType:
    """Return `{enroll_id, name}` of the people of the house whose name has a text in it, or whose number it is."""
    text = request.data[ATTR_TEXT].strip().casefold()
    if not text or not request.house.keeper.is_known:
        return []
    found = [
        (person.name, person.enroll_id)
        for person in request.house.household.people.values()
        if text in person.name.casefold() or text == str(person.enroll_id)
    ]
    found.sort(key=lambda one: (not one[0].casefold().startswith(text), one[0].casefold(), one[1]))
    return [{"enroll_id": enroll_id, "name": name} for name, enroll_id in found[:MAX_FOUND]]


async def _log_tail(request: PanelRequest, send: Send) -> CALLBACK_TYPE:
    """Tell `{"begun": bool, "records": [...], "more": bool}`: what is kept from `begun` on, or has changed.

    `more` tells that so much has come in that it is not told: the newest page has it.
    """
    tail = LogTail(request.hass, request.hub, _filter(request), send)
    await tail.async_start()
    return tail.async_stop


class LogTail:
    """What one browser knows of the end of the log. A record is told when it is on disk."""

    def __init__(self, hass: HomeAssistant, hub: Hub, where: RecordFilter, send: Send) -> None:
        """Know nothing; `send` tells the browser what is among `where`."""
        self._hass = hass
        self._hub = hub
        self._where = where
        self._send = send
        self._newest = 0
        self._known: dict[int, JsonObjectType] = {}
        self._cancel: CALLBACK_TYPE | None = None
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._is_looking = False
        self._is_behind = False

    async def async_start(self) -> None:
        """Follow what is kept from now on; raises `LedgerUnavailable`."""
        unsubscribe = [self._hub.async_subscribe_kept(self._async_soon)]
        if (photos := self._hass.data.get(PHOTOS, {}).get(self._hub.entry_id)) is not None:
            unsubscribe.append(photos.async_subscribe(self._async_soon))
        self._unsubscribe = unsubscribe
        self._is_looking = True
        try:
            everything = RecordFilter(serials=self._where.serials, kept_after=0)
            page = await self._hub.ledger.records(everything, limit=LOOKED_AT_AGAIN)
            readable = Readable(self._hub.terminals.values())
            self._known = await _told(self._hass, self._hub.entry_id, readable, page.records)
        except BaseException:
            self.async_stop()
            raise
        finally:
            self._is_looking = False
        self._newest = max(self._known, default=0)
        self._send({"begun": True, "records": [], "more": False})
        if self._is_behind:
            self._async_soon()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        while self._unsubscribe:
            self._unsubscribe.pop()()
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def _async_soon(self, seconds: float = GATHER_SECONDS) -> None:
        if not self._unsubscribe:
            return
        if self._is_looking:
            self._is_behind = True
        elif self._cancel is None:
            self._cancel = self._hass.loop.call_later(seconds, self._async_due).cancel

    @callback
    def _async_due(self) -> None:
        self._cancel = None
        self._is_looking, self._is_behind = True, False
        self._hass.async_create_background_task(self._async_look(), "timmy_access log tail")

    async def _async_look(self) -> None:
        wait = GATHER_SECONDS
        try:
            await self._async_tell()
        except LedgerUnavailable as err:
            LOGGER.debug("The end of the log was not read: %s", err)
            self._is_behind, wait = True, RETRY_SECONDS
        finally:
            self._is_looking = False
        if self._is_behind:
            self._async_soon(wait)

    async def _async_tell(self) -> None:
        since = max(0, self._newest - LOOKED_AT_AGAIN)
        page = await self._hub.ledger.records(replace(self._where, kept_after=since), limit=AT_ONCE)
        readable = Readable(self._hub.terminals.values())
        present = await _told(self._hass, self._hub.entry_id, readable, page.records)
        news: list[JsonValueType] = [told for number, told in present.items() if self._known.get(number) != told]
        more = page.next is not None
        self._newest = max(self._newest, max(present, default=0))
        self._known = {
            number: told
            for number, told in {**self._known, **present}.items()
            if number > self._newest - LOOKED_AT_AGAIN
        }
        if self._unsubscribe and (news or more):
            self._send({"begun": False, "records": [] if more else news, "more": more})


async def _told(
    hass: HomeAssistant, entry_id: str, readable: Readable, records: Sequence[StoredRecord]
) -> dict[int, JsonObjectType]:
    """Return records by their ids; `photo` is what `log_photo` knows the photo by, None where none is kept."""
    photos = hass.data.get(PHOTOS, {}).get(entry_id)
    places = [None] * len(records) if photos is None else await photos.async_places(records)
    return {
        record.id: {"id": record.id, **readable.record(record), "photo": place}
        for record, place in zip(records, places, strict=True)
    }


def _filter(request: PanelRequest) -> RecordFilter:
    data: Mapping[str, Any] = request.data
    serial, enroll_id, method = data.get(ATTR_SERIAL), data.get(ATTR_ENROLL_ID), data.get(ATTR_METHOD)
    kind, day = data.get(ATTR_KIND), data.get(ATTR_DAY)
    since, until = (None, None) if day is None else _day(day)
    return RecordFilter(
        serials=serials_of(it for known, it in request.hub.terminals.items() if serial in (None, known)),
        enroll_ids=None if enroll_id is None else [enroll_id],
        since=since,
        until=until,
        methods=None if method is None else methods_of(method),
        kind=RecordKind.PUNCH if method is not None and kind is None else kind and RecordKind(kind),
    )


def _day(day: date) -> tuple[datetime, datetime]:
    """Return when a day begins and ends where Home Assistant is."""
    return dt_util.start_of_local_day(day), dt_util.start_of_local_day(day + timedelta(days=1))


def _name_of(request: PanelRequest, enroll_id: int) -> str | None:
    """Return what somebody is called today, in the house or else on a terminal; None where nobody is known."""
    if request.house.keeper.is_known:
        for person in request.house.household.people.values():
            if person.enroll_id == enroll_id:
                return person.name
    names = (terminal.name_of(enroll_id) for terminal in request.hub.terminals.values())
    return next((name for name in names if name), None)


_WHICH: Fields = {
    vol.Optional(ATTR_DAY): a_day,
    vol.Optional(ATTR_ENROLL_ID): vol.All(int, vol.Range(min=0)),
    vol.Optional(ATTR_KIND): vol.In([kind.value for kind in RecordKind]),
    vol.Optional(ATTR_METHOD): vol.In(list(READABLE_METHODS)),
    vol.Optional(ATTR_SERIAL): cv.string,
}

COMMANDS: tuple[PanelCommand | PanelFeed, ...] = (
    PanelCommand(
        name="log",
        handler=_log,
        fields={
            **_WHICH,
            vol.Optional(ATTR_AFTER): cv.string,
            vol.Optional(ATTR_LIMIT, default=DEFAULT_LIMIT): vol.All(int, vol.Range(min=1, max=MAX_LIMIT)),
        },
    ),
    PanelCommand(name="log_people", handler=_log_people, fields={vol.Required(ATTR_TEXT): cv.string}),
    PanelCommand(name="log_photo", handler=_log_photo, fields={vol.Required(ATTR_PHOTO): vol.Match(PLACE)}),
    PanelFeed(name="log_tail", start=_log_tail, fields=_WHICH),
)
