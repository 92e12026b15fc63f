"""Actions for the access log: fetching it from terminals, reading it, exporting it, and deleting it there."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import voluptuous as vol

from homeassistant.core import ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonValueType

from ..const import DOMAIN
from ..fields import ATTR_ENROLL_ID, CONFIRM, Fields, day, instant, one_of, whole
from ..ledger import RecordFilter, RecordKind
from ..records.exporting import async_export
from ..records.reading import READABLE_METHODS, Readable, methods_of, serials_of
from .action import Action, Request
from .device import confirmed

ATTR_AFTER = "after"
ATTR_FILENAME = "filename"
ATTR_FIRST_DAY = "first_day"
ATTR_FROM = "from"
ATTR_KIND = "kind"
ATTR_LAST_DAY = "last_day"
ATTR_LIMIT = "limit"
ATTR_METHOD = "method"
ATTR_UNTIL = "until"

# A page that a dashboard or a template can still handle.
DEFAULT_LIMIT = 50


async def _fetch_logs(request: Request) -> ServiceResponse:
    first, last = request.data.get(ATTR_FIRST_DAY), request.data.get(ATTR_LAST_DAY)
    check_order(first, last)
    fetched = await request.terminal.catching_up.async_fetch(first, last)
    return {"records": fetched.records, "new": fetched.new, "complete": fetched.complete}


async def _get_logs(request: Request) -> ServiceResponse:
    ledger = request.hub.ledger
    page = await ledger.records(_filter(request), limit=request.data[ATTR_LIMIT], after=request.data.get(ATTR_AFTER))
    readable = Readable(request.terminals)
    records: list[JsonValueType] = [{"record_id": record.id, **readable.record(record)} for record in page.records]
    return {"records": records, "next": page.next}


async def _export_logs(request: Request) -> ServiceResponse:
    exported = await async_export(
        request.hass,
        request.hub.ledger,
        _filter(request),
        Readable(request.terminals),
        request.data.get(ATTR_FILENAME),
    )
    return {
        "file": str(exported.file),
        "url": exported.url,
        "records": exported.records,
    }


async def _delete_logs(request: Request) -> None:
    confirmed(request.data)
    await request.terminal.catching_up.async_delete_logs()


def _filter(request: Request) -> RecordFilter:
    data: Mapping[str, Any] = request.data
    enroll_id, kind, method = data.get(ATTR_ENROLL_ID), data.get(ATTR_KIND), data.get(ATTR_METHOD)
    return RecordFilter(
        serials=serials_of(request.terminals),
        enroll_ids=None if enroll_id is None else [enroll_id],
        since=data.get(ATTR_FROM),
        until=data.get(ATTR_UNTIL),
        methods=None if method is None else methods_of(method),
        kind=RecordKind.PUNCH if method is not None and kind is None else kind and RecordKind(kind),
    )


def check_order(first: date | None, last: date | None) -> None:
    """Raise a translated error where the last day is before the first."""
    if first is not None and last is not None and last < first:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="days_in_wrong_order",
            translation_placeholders={"field": ATTR_LAST_DAY},
        )


DAYS: Fields = {vol.Optional(ATTR_FIRST_DAY): day, vol.Optional(ATTR_LAST_DAY): day}
_WHICH: Fields = {
    vol.Optional(ATTR_ENROLL_ID): whole,
    vol.Optional(ATTR_FROM): instant,
    vol.Optional(ATTR_KIND): one_of(kind.value for kind in RecordKind),
    vol.Optional(ATTR_METHOD): one_of(READABLE_METHODS),
    vol.Optional(ATTR_UNTIL): instant,
}

ACTIONS = (
    Action(name="delete_logs", handler=_delete_logs, fields=CONFIRM),
    Action(
        name="export_logs",
        handler=_export_logs,
        fields={**_WHICH, vol.Optional(ATTR_FILENAME): cv.string},
        response=SupportsResponse.OPTIONAL,
        several=True,
    ),
    Action(name="fetch_logs", handler=_fetch_logs, fields=DAYS, response=SupportsResponse.OPTIONAL),
    Action(
        name="get_logs",
        handler=_get_logs,
        fields={
            **_WHICH,
            vol.Optional(ATTR_LIMIT, default=DEFAULT_LIMIT): whole,
            vol.Optional(ATTR_AFTER): cv.string,
        },
        response=SupportsResponse.ONLY,
        several=True,
    ),
)
