"""Working hours by actions: read, put right with a reason, and written into a file."""

from collections.abc import Sized
from copy import replace
import csv
from datetime import UTC, datetime, timedelta
import errno
import io
import os
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.timmy_access.const import CONF_DAY_BEGINS, CONF_ENTRY_READER, DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import RecordFilter
from custom_components.timmy_access.records import hours_file
from custom_components.timmy_access.records.reading import Readable
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal
from tests.conftest import Rest
from tests.ledger.support import PUNCH

from ..conftest import ADA, FINGER
from ..services.test_actions import act

DAY = (dt_util.utcnow() - timedelta(days=3)).date()


def local(hour: int, minute: int = 0, days: int = 0) -> datetime:
    day = DAY + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=dt_util.get_default_time_zone())


async def told(terminal: VirtualTerminal, *moments: datetime, readers: str = "", enroll_id: int = 1) -> None:
    """Have a terminal tell of punches at some moments."""
    for moment, reader in zip(moments, readers or "0" * len(moments), strict=True):
        time = str(moment.replace(tzinfo=None))
        terminal.machine.log({"enrollid": enroll_id, "time": time, "mode": 1, "inout": int(reader), "event": 0})
    await terminal.wait_sent()


async def hours(hass: HomeAssistant, hub: Hub, **data: Any) -> list[dict[str, Any]]:
    data = {"first_day": DAY.isoformat(), "last_day": DAY.isoformat(), **data}
    response = await act(hass, hub, FINGER, "get_attendance", **data)
    assert response is not None
    days: list[dict[str, Any]] = response["attendance"]
    return days


async def records(hub: Hub) -> list[int]:
    page = await hub.ledger.records(RecordFilter(serials=[FINGER]), oldest_first=True)
    return [record.id for record in page.records]


async def test_hours_are_those_between_coming_and_going(hass: HomeAssistant, hub: Hub, finger: VirtualTerminal) -> None:
    await told(finger, local(8), local(12), local(13), local(17))
    [day] = await hours(hass, hub)
    assert (day["standing"], day["worked"], day["hours"], day["records"]) == ("complete", 8.0, 9.0, 4)
    assert [(one["begin"][11:16], one["end"][11:16]) for one in day["times"]] == [
        ("08:00", "12:00"),
        ("13:00", "17:00"),
    ]
    assert day["corrections"] == []


async def test_a_night_is_a_day_of_the_owner(hass: HomeAssistant, hub: Hub, finger: VirtualTerminal) -> None:
    await told(finger, local(22), local(6, days=1))
    assert [day["standing"] for day in await hours(hass, hub)] == ["missing"]
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    hass.config_entries.async_update_entry(entry, options={**entry.options, CONF_DAY_BEGINS: 12})
    [night] = await hours(hass, hub)
    assert (night["worked"], night["hours"], night["day"]) == (8.0, 8.0, DAY.isoformat())
    assert hub.workdays.day_of(local(6, days=1)) == DAY
    assert hub.workdays.day_of(local(12)) == DAY


async def test_the_reader_on_the_way_in_tells_the_way(hass: HomeAssistant, hub: Hub, finger: VirtualTerminal) -> None:
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    [subentry] = [one for one in entry.subentries.values() if one.unique_id == FINGER]
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, CONF_ENTRY_READER: "second"})
    await told(finger, local(8), local(12), local(17), readers="100")
    [day] = await hours(hass, hub)
    assert (day["standing"], day["worked"]) == ("missing", None)
    assert [(one["begin"] and one["begin"][11:13], one["end"][11:13]) for one in day["times"]] == [
        ("08", "12"),
        (None, "17"),
    ]


async def test_a_punch_is_added_and_taken_back(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, hass_admin_user: MockUser
) -> None:
    await told(finger, local(8), local(12), local(17))
    [day] = await hours(hass, hub)
    assert (day["standing"], day["worked"], day["times"]) == ("missing", None, [])
    kept = await records(hub)
    made = await hass.services.async_call(
        DOMAIN,
        "add_punch",
        {
            "device_id": hub.terminals[FINGER].device_id,
            "enroll_id": 1,
            "at": local(13).isoformat(),
            "way": "in",
            "reason": "Forgot after lunch",
        },
        blocking=True,
        return_response=True,
        context=Context(user_id=hass_admin_user.id),
    )
    [day] = await hours(hass, hub)
    assert (day["standing"], day["worked"], day["records"], day["person"]) == ("complete", 8.0, 3, ADA)
    [correction] = day["corrections"]
    assert made == {"correction_id": correction["correction_id"]}
    assert (correction["reason"], correction["by"], correction["way"], correction["record_id"]) == (
        "Forgot after lunch",
        hass_admin_user.name,
        "in",
        None,
    )
    assert await records(hub) == kept
    await act(hass, hub, FINGER, "withdraw_correction", correction_id=correction["correction_id"])
    [day] = await hours(hass, hub)
    assert (day["standing"], day["corrections"]) == ("missing", [])


async def test_a_record_is_left_out(hass: HomeAssistant, hub: Hub, finger: VirtualTerminal) -> None:
    await told(finger, local(8), local(12), local(17))
    log = await act(hass, hub, FINGER, "get_logs")
    assert log is not None
    assert [record["record_id"] for record in log["records"]] == (await records(hub))[::-1]
    await act(hass, hub, FINGER, "leave_out_record", record_id=log["records"][1]["record_id"], reason="Only looked in")
    [day] = await hours(hass, hub)
    assert (day["worked"], day["records"]) == (9.0, 2)
    assert await act(hass, hub, FINGER, "get_logs") == log


@pytest.mark.parametrize(
    ("action", "data", "key", "field"),
    [
        ("add_punch", {"at": local(8, days=9)}, "punch_to_come", "at"),
        ("add_punch", {"reason": " "}, "invalid_text", "reason"),
        ("add_punch", {"reason": "x" * 256}, "value_too_long", "reason"),
        ("add_punch", {"reason": "a\x00b"}, "invalid_text", "reason"),
        ("add_punch", {"enroll_id": 0}, "person_unknown", None),
        ("add_punch", {"enroll_id": 4711}, "person_unknown", None),
        ("leave_out_record", {"record_id": 4711}, "not_known", "record_id"),
        ("withdraw_correction", {"correction_id": 4711}, "not_known", "correction_id"),
        ("export_attendance", {"first_day": "2026-02-02", "last_day": "2026-02-01"}, "days_in_wrong_order", "last_day"),
        ("export_attendance", {"filename": "../x.csv"}, "invalid_filename", "filename"),
    ],
)
async def test_what_cannot_be_changes_nothing(
    hass: HomeAssistant,
    hub: Hub,
    finger: VirtualTerminal,
    action: str,
    data: dict[str, Any],
    key: str,
    field: str | None,
) -> None:
    await told(finger, local(8))
    needed: dict[str, dict[str, Any]] = {
        "add_punch": {
            "enroll_id": 1,
            "at": local(17),
            "reason": "Forgot",
        },
        "leave_out_record": {"reason": "Forgot"},
    }
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, hub, FINGER, action, **{**needed.get(action, {}), **data})
    assert caught.value.translation_key == key
    if field is not None:
        assert isinstance(caught.value, ServiceValidationError)
        assert (caught.value.translation_placeholders or {})["field"] == field
    [day] = await hours(hass, hub)
    assert (day["standing"], day["corrections"]) == ("missing", [])


@pytest.mark.parametrize("action", ["add_punch", "leave_out_record", "withdraw_correction", "export_attendance"])
async def test_others_put_nothing_right(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, hass_read_only_user: MockUser, action: str
) -> None:
    await told(finger, local(8))
    [record] = await records(hub)
    needed: dict[str, dict[str, Any]] = {
        "add_punch": {"enroll_id": 1, "at": local(17), "reason": "Forgot"},
        "leave_out_record": {"record_id": record, "reason": "Forgot"},
        "withdraw_correction": {"correction_id": 1},
    }
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            action,
            {"device_id": hub.terminals[FINGER].device_id, **needed.get(action, {})},
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
        )
    [day] = await hours(hass, hub)
    assert day["corrections"] == []


async def test_hours_as_a_file(hass: HomeAssistant, hub: Hub, finger: VirtualTerminal) -> None:
    await told(finger, local(8), local(12), local(13), local(17), local(9, days=1))
    await act(hass, hub, FINGER, "add_punch", enroll_id=1, at=local(18), reason="=1+1")
    folder = Path(hass.config.path("timmy_access_exports"))
    victim = Path(hass.config.path("victim.txt"))

    def _link() -> None:
        folder.mkdir(exist_ok=True)
        victim.write_text("untouched")
        (folder / "hours.csv").symlink_to(victim)

    await hass.async_add_executor_job(_link)
    exported = await act(hass, hub, FINGER, "export_attendance", filename="hours", first_day=DAY, enroll_id=1)
    assert exported is not None
    assert exported["days"] == 2
    content = await hass.async_add_executor_job(Path(exported["file"]).read_bytes)
    assert await hass.async_add_executor_job(victim.read_text) == "untouched"
    first, second = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert (first["day"], first["person"], first["hours"], first["standing"]) == (DAY.isoformat(), ADA, "", "missing")
    assert (first["corrections"], first["records"]) == ("'=1+1", "4")
    assert (second["standing"], second["times"], second["records"]) == ("missing", "", "1")
    await hass.async_add_executor_job(folder.rename, folder.with_name("elsewhere"))
    await hass.async_add_executor_job(folder.write_text, "in the way")
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, hub, FINGER, "export_attendance")
    assert caught.value.translation_key == "export_failed"


@pytest.mark.parametrize(
    ("action", "module", "times"),
    # Who has put something right is looked for first.
    [("get_attendance", "hours", 2), ("export_attendance", "hours_file", 1), ("export_logs", "export_lines", 1)],
)
async def test_lists_of_many_give_way(
    hass: HomeAssistant, hub: Hub, rests: list[Rest], action: str, module: str, times: int
) -> None:
    """Not only where the log is read: to put a month of a large house into words takes seconds of a thread."""
    entries = [
        replace(PUNCH, enroll_id=number, occurred_at=local(8).astimezone(UTC), received_at=local(9).astimezone(UTC))
        for number in range(1, 61)
    ]
    await hub.ledger.keep(FINGER, entries)
    rests.clear()
    await act(hass, hub, FINGER, action)
    assert [rest.module for rest in rests].count(module) >= times * (len(entries) // 3 - 1)


@pytest.mark.parametrize(
    ("action", "where", "what"),
    [
        ("get_attendance", Readable, "person"),
        ("export_attendance", Readable, "person"),
        ("export_attendance", hours_file, "new_file"),
    ],
)
async def test_no_day_is_left_to_the_event_loop_where_a_list_fails(
    hass: HomeAssistant,
    hub: Hub,
    finger: VirtualTerminal,
    monkeypatch: pytest.MonkeyPatch,
    action: str,
    where: object,
    what: str,
) -> None:
    """The error would hold what is left of a year, and to free that takes a tenth of a second."""
    await told(finger, local(8), local(8, days=1))
    read = hub.workdays.async_over_attendance
    days: list[Sized] = []

    async def _read(*args: Any) -> Sized:
        days.append(await read(*args))
        assert len(days[0]) == 2
        return days[0]

    def _fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(hub.workdays, "async_over_attendance", _read)
    monkeypatch.setattr(where, what, _fail)
    with pytest.raises((OSError, HomeAssistantError)):
        await act(hass, hub, FINGER, action)
    assert len(days[0]) == 0


async def test_a_name_that_is_none_is_refused_before_anything_is_read(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub.workdays, "async_over_attendance", None)
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, hub, FINGER, "export_attendance", filename="../hours.csv")
    assert caught.value.translation_key == "invalid_filename"
