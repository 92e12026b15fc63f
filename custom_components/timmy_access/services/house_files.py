"""Actions that read the people of the house from a table, and write them into one."""

import csv
import io
from pathlib import Path

import voluptuous as vol

from homeassistant.core import HomeAssistant, ServiceResponse, SupportsResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType
from homeassistant.util.ulid import ulid_now

from ..const import DOMAIN
from ..fields import ATTR_CONFIRM, yes_or_no
from ..house.arrivals import Arrival
from ..house.importing import COLUMNS, MAX_BYTES, Fault, Importing, importing, safe_cell, text_of
from ..house.refusals import refusal
from ..house.vault import VaultState
from ..ledger import likeness
from ..people.free_numbers import async_known_numbers
from .house_action import HouseAction, HouseRequest
from .house_people import logs_of, numbers_on_terminals
from .labels import told, with_label

ATTR_ENCODING = "encoding"
ATTR_FILE = "file"
# Columns that are written: nothing that is secret.
_WRITTEN = tuple(column for column in COLUMNS if column not in ("card", "pin"))


async def _import_people(request: HouseRequest) -> ServiceResponse:
    return await async_import_table(request, await _content(request))


async def async_import_table(request: HouseRequest, content: bytes) -> JsonObjectType:
    """Take the people of a table into the house, or tell only what would become of them; `content` is the file.

    `confirm` and `encoding` of the request say which, and how it is written. Raises translated errors.
    """
    async with request.house.giving_numbers:
        return await _async_import(request, content)


async def _async_import(request: HouseRequest, content: bytes) -> JsonObjectType:
    house, data = request.house, request.data
    household = house.known()
    # Some encodings take seconds for a large file.
    text = await request.hass.async_add_executor_job(text_of, content, data.get(ATTR_ENCODING))
    taken = numbers_on_terminals(request.hub)
    while True:
        found = await request.hass.async_add_executor_job(
            importing,
            household,
            text,
            iter(ulid_now, None),
            dt_util.get_default_time_zone(),
            house.vault.mark if house.vault.state is VaultState.OPEN else None,
            taken,
        )
        # Whoever brings no number gets none of which a log knows something.
        given = [arrival.person.enroll_id for arrival in found.added]
        if (known := await async_known_numbers(logs_of(request.hub), given)) <= taken:
            break
        taken |= known
    if data[ATTR_CONFIRM]:
        if found.faults:
            raise _faulty(request.hass, found.faults)
        await house.async_add((*found.added, *found.changed), request.by)
    return _described(found, done=data[ATTR_CONFIRM])


async def _content(request: HouseRequest) -> bytes:
    path = request.data[ATTR_FILE]
    if not await request.hass.async_add_executor_job(request.hass.config.is_allowed_path, path):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="path_not_allowed",
            translation_placeholders={"field": ATTR_FILE, "path": path},
        )
    try:
        return await request.hass.async_add_executor_job(_read, path)
    except OSError as err:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="house_file_unreadable", translation_placeholders={"path": path}
        ) from err


def _read(path: str) -> bytes:
    """Return a file's content, one byte more than allowed when it is too large."""
    with Path(path).open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _faulty(hass: HomeAssistant, faults: tuple[Fault, ...]) -> ServiceValidationError:
    first = faults[0]
    fault = refusal(first.error)
    with_label(hass, fault)
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="house_import_faulty",
        translation_placeholders={
            "count": str(len(faults)),
            "row": str(first.row),
            "column": first.column,
            "fault": told(hass, fault),
        },
    )


def _described(found: Importing, *, done: bool) -> JsonObjectType:
    faults: list[JsonValueType] = [
        {
            "row": fault.row,
            "column": fault.column,
            "fault": fault.error.problem.value.removeprefix("house_"),
            **fault.error.placeholders,
        }
        for fault in found.faults
    ]
    return {
        "imported": done,
        "added": _names(found.added),
        "changed": _names(found.changed),
        "unchanged": found.unchanged,
        "faults": faults,
    }


def _names(arrivals: tuple[Arrival, ...]) -> list[JsonValueType]:
    return [{"name": arrival.person.name, "number": arrival.person.enroll_id} for arrival in arrivals]


async def _export_people(request: HouseRequest) -> ServiceResponse:
    household = request.house.known()
    rows: list[dict[str, str]] = []
    for person in sorted(household.people.values(), key=lambda person: (likeness(person.name), person.enroll_id)):
        groups = sorted(household.groups[group].name for group in person.groups if group in household.groups)
        rows.append(
            {
                "name": safe_cell(person.name),
                "number": str(person.enroll_id),
                "valid_from": dt_util.as_local(person.valid_from).isoformat() if person.valid_from else "",
                "valid_until": dt_util.as_local(person.valid_until).isoformat() if person.valid_until else "",
                "groups": safe_cell("; ".join(groups)),
                "note": safe_cell(person.note),
            }
        )
    written = io.StringIO()
    writer = csv.DictWriter(written, _WRITTEN)
    writer.writeheader()
    writer.writerows(rows)
    return {"count": len(rows), "csv": written.getvalue()}


ACTIONS = (
    HouseAction(name="export_people", handler=_export_people, response=SupportsResponse.ONLY),
    HouseAction(
        name="import_people",
        handler=_import_people,
        fields={
            vol.Required(ATTR_FILE): cv.string,
            vol.Optional(ATTR_ENCODING): cv.string,
            vol.Optional(ATTR_CONFIRM, default=False): yes_or_no,
        },
        response=SupportsResponse.ONLY,
    ),
)
