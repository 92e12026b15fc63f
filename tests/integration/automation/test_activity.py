"""What an owner reads in Activity, counted in Home Assistant's own logbook, and what it costs the recorder."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import RecorderInstanceContextManager, WebSocketGenerator
from sqlalchemy import func, select

from custom_components.timmy_access.const import AWAY_DELAY, DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.sensor import LAST_SEEN_INTERVAL
from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.db_schema import Events, States
from homeassistant.components.recorder.util import session_scope
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator import User, VirtualTerminal

from ..conftest import ADA, CONTROLLER, FACE, connected, fit_contact
from ..guests.test_guests import make_pass
from ..guests.test_who_is_let_in import answer, owner_chose, punch
from ..until import SECONDS, listen, state_of, until, until_line, until_state

LOCK = "lock.front_door"
# What a terminal with one door draws in Activity once it is away: what of it nobody knows then, and that it is away.
ABSENT = [
    "binary_sensor.front_door_alarm unavailable",
    "binary_sensor.front_door_connectivity off",
    "binary_sensor.front_door_tamper unavailable",
    "lock.front_door unavailable",
    "select.front_door_door_mode unavailable",
]
WAREHOUSE_LOCKS = [f"lock.warehouse_door_{number}" for number in range(1, 5)]


@pytest.fixture
async def mock_recorder_before_hass(async_test_recorder: RecorderInstanceContextManager) -> None:
    """The recorder has to be there before Home Assistant."""


@pytest.fixture
def recording(recorder_mock: Recorder) -> Recorder:
    return recorder_mock


@pytest.fixture
async def logbook(recording: Recorder, hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, "logbook", {})


class Book:
    """The lines since some moment, of all there is or of some entities and devices: from the disk, and as they came."""

    def __init__(self, hass: HomeAssistant, ws: WebSocketGenerator) -> None:
        self._hass = hass
        self._ws = ws
        self._since: datetime = dt_util.utcnow()

    async def begin(self) -> None:
        """Leave out what has happened so far."""
        await self._hass.async_block_till_done(wait_background_tasks=True)
        await async_wait_recording_done(self._hass)
        self._since = dt_util.utcnow()

    async def entries(self, **chosen: list[str]) -> list[dict[str, Any]]:
        await self._hass.async_block_till_done(wait_background_tasks=True)
        await async_wait_recording_done(self._hass)
        client = await self._ws(self._hass)
        await client.send_json_auto_id({"type": "logbook/get_events", "start_time": self._since.isoformat(), **chosen})
        answered = await client.receive_json()
        assert answered["success"], answered
        found: list[dict[str, Any]] = answered["result"]
        return found

    async def lines(self, **chosen: list[str]) -> list[str]:
        return [line_of(entry) for entry in await self.entries(**chosen)]

    async def device_lines(self, device_id: str) -> list[str]:
        """Return what the page of a device shows, which asks for the device and for its entities."""
        entities = er.async_entries_for_device(er.async_get(self._hass), device_id)
        return await self.lines(device_ids=[device_id], entity_ids=[entity.entity_id for entity in entities])


def line_of(entry: Mapping[str, Any]) -> str:
    """Return a line as the frontend writes it, which names entities and translates their states by itself.

    It leaves out the name of a line in the dialog of an entity, and has the entity's where there is one.
    """
    if "message" in entry:
        assert not {"entity_id", "name"} & entry.keys()
        return str(entry["message"])
    return f"{entry['entity_id']} {entry['state']}"


@pytest.fixture
async def book(logbook: None, hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> Book:
    return Book(hass, hass_ws_client)


async def test_a_punch_is_one_line_everywhere(hass: HomeAssistant, book: Book, hub: Hub, face: VirtualTerminal) -> None:
    await book.begin()
    face.punch(1, mode=8)
    await face.wait_sent()
    said = [f"{ADA} entered at Front door (Face)"]
    device_id = hub.terminals[FACE].device_id
    assert await book.lines() == said
    assert await book.lines(entity_ids=[LOCK]) == said
    assert await book.lines(device_ids=[device_id]) == said
    assert await book.device_lines(device_id) == said
    assert await book.lines(entity_ids=["lock.office"]) == []
    assert state_of(hass, LOCK).attributes["changed_by"] == ADA


async def test_a_punch_at_several_doors_is_the_terminals(book: Book, hub: Hub, controller: VirtualTerminal) -> None:
    await book.begin()
    controller.punch(1)
    await controller.wait_sent()
    (said,) = await book.lines()
    assert said.startswith(f"{ADA} entered at Warehouse")
    assert await book.device_lines(hub.terminals[CONTROLLER].device_id) == [said]
    assert await book.lines(entity_ids=WAREHOUSE_LOCKS) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            [
                f"{ADA} entered at Office (Fingerprint)",
                "Number 77 entered at Office (Fingerprint)",
                "Somebody unknown was refused at Office (Fingerprint)",
                "Office was opened with the exit button",
            ],
        ),
        (
            "de",
            [
                f"{ADA} hat „Office“ betreten (Fingerabdruck)",
                "Nummer 77 hat „Office“ betreten (Fingerabdruck)",
                "Jemand Unbekanntes wurde an „Office“ abgewiesen (Fingerabdruck)",
                "Office wurde mit dem Ausgangstaster geöffnet",
            ],
        ),
    ],
)
async def test_lines_are_in_the_language_of_home_assistant(
    hass: HomeAssistant, book: Book, hub: Hub, finger: VirtualTerminal, language: str, said: list[str]
) -> None:
    await hass.config.async_update(language=language)
    await async_get_translations(hass, language, "common", {DOMAIN})
    await book.begin()
    finger.punch(1)
    finger.add_user(User(enrollid=77, name=""))
    finger.punch(77)
    finger.punch(99999999)
    finger.door_event(2)
    await finger.wait_sent()
    assert await book.lines() == said
    assert await book.lines(entity_ids=["lock.office"]) == said


async def test_lines_come_as_they_happen(
    hass: HomeAssistant, book: Book, hub: Hub, face: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    await book.begin()
    client = await hass_ws_client(hass)
    everything: dict[str, Any] = {}
    a_lock = {"entity_ids": [LOCK]}
    a_device = {"device_ids": [hub.terminals[FACE].device_id], **a_lock}
    came: dict[int, list[dict[str, Any]]] = {}

    async def hear() -> None:
        message = await client.receive_json()
        if message["type"] == "event":
            came.setdefault(message["id"], []).extend(message["event"]["events"])

    async with asyncio.timeout(SECONDS):
        for chosen in (everything, a_lock, a_device):
            begun = {"type": "logbook/event_stream", "start_time": dt_util.utcnow().isoformat(), **chosen}
            await client.send_json_auto_id(begun)
        while len(came) < 3:  # what there is already, which is nothing
            await hear()
        face.punch(1, mode=8)
        await face.wait_sent()
        while not all(came.values()):
            await hear()
    for entries in came.values():
        assert [line_of(entry) for entry in entries] == [f"{ADA} entered at Front door (Face)"]
    await client.close()


@pytest.mark.parametrize(
    ("approval", "enroll_id", "said"),
    [
        ("grant", 1, f"{ADA} entered at Front door (Face)"),
        ("refuse", 1, f"{ADA} was refused at Front door (Face)"),
        ("grant", 4242, "Number 4242 was refused at Front door (Face)"),
        ("grant", 99999999, "Somebody unknown was refused at Front door (Face)"),
    ],
)
async def test_who_was_asked_about_is_one_line(
    book: Book, hub: Hub, face: VirtualTerminal, approval: str, enroll_id: int, said: str
) -> None:
    owner_chose(hub, approval)
    await book.begin()
    await answer(face, punch(enroll_id))
    assert await book.lines() == [said]


async def test_a_scan_of_a_guest_is_one_line(hass: HomeAssistant, book: Book, hub: Hub, face: VirtualTerminal) -> None:
    made = await make_pass(hass, hub)
    hub.terminals[FACE].verdicts.async_apply({"decision_window": 0.01})
    await book.begin()
    assert (await face.scan_qr(made["code"]))["access"] == 1
    assert await book.lines() == ["Plumber entered at Front door (QR code)"]
    await book.begin()
    assert (await face.scan_qr("nobody's"))["access"] == 0  # automations are asked first
    said = ["Somebody unknown was refused at Front door (QR code): Unknown code"]
    assert await book.lines() == said
    assert await book.lines(entity_ids=[LOCK]) == said


async def test_a_forced_door_is_one_line_beside_its_contact(
    hass: HomeAssistant, book: Book, hub: Hub, face: VirtualTerminal
) -> None:
    await fit_contact(hass, hub, face)
    await book.begin()
    face.door_event(5)
    await face.wait_sent()
    assert await book.lines(entity_ids=[LOCK]) == ["Front door was forced open"]
    assert await book.lines() == ["binary_sensor.front_door_door on", "Front door was forced open"]


@pytest.mark.parametrize(("event", "shown"), [(6, "tamper"), (7, "alarm")])
async def test_an_alarm_is_one_line(
    hass: HomeAssistant, book: Book, hub: Hub, face: VirtualTerminal, event: int, shown: str
) -> None:
    await book.begin()
    face.door_event(event)
    await face.wait_sent()
    said = [f"binary_sensor.front_door_{shown} on"]
    assert await book.lines() == said
    assert await book.device_lines(hub.terminals[FACE].device_id) == said


async def test_an_alarm_without_its_sensor_is_one_line_too(
    hass: HomeAssistant, book: Book, hub: Hub, face: VirtualTerminal
) -> None:
    er.async_get(hass).async_update_entity("binary_sensor.front_door_alarm", disabled_by=er.RegistryEntryDisabler.USER)
    await book.begin()
    face.door_event(7)
    await face.wait_sent()
    assert await book.lines() == ["Front door raised an alarm"]


async def test_an_opening_names_who_asked_once(
    hass: HomeAssistant, book: Book, hub: Hub, face: VirtualTerminal, hass_admin_user: MockUser
) -> None:
    """The terminal reports what it was asked to do, too: that is no second line."""
    await book.begin()
    context = Context(user_id=hass_admin_user.id)
    await hass.services.async_call("lock", "open", {"entity_id": LOCK}, blocking=True, context=context)
    face.door_event(3)
    await face.wait_sent()
    for chosen in ({}, {"entity_ids": [LOCK]}):
        (entry,) = await book.entries(**chosen)
        assert (line_of(entry), entry["context_user_id"]) == (f"{LOCK} open", hass_admin_user.id)
        assert (entry["context_domain"], entry["context_service"]) == ("lock", "open")
    await book.begin()
    await until_state(hass, LOCK, "locked")  # after the open delay
    assert await book.lines() == [f"{LOCK} locked"]


async def test_a_reconnect_of_seconds_makes_no_line(
    hass: HomeAssistant, entry: MockConfigEntry, book: Book, hub: Hub, face: VirtualTerminal
) -> None:
    hass.config_entries.async_update_entry(entry, options={"away_delay": AWAY_DELAY})
    await book.begin()
    await face.stop()
    await until_line(hub.terminals[FACE], online=False)
    assert state_of(hass, "binary_sensor.front_door_connectivity").state == "on"
    await connected(hass, face)
    assert await book.lines() == []


async def test_a_long_absence_makes_lines_for_what_nobody_knows_then_and_for_nothing_else(
    hass: HomeAssistant, book: Book, hub: Hub, face: VirtualTerminal
) -> None:
    """Home Assistant draws one for whatever becomes unavailable; what is switched off at first draws none."""
    await book.begin()
    await face.stop()
    await until_state(hass, LOCK, "unavailable")
    assert sorted(await book.lines()) == ABSENT
    await book.begin()
    await connected(hass, face)
    await until_state(hass, LOCK, "locked")
    lines = sorted(await book.lines())
    assert lines == [
        "binary_sensor.front_door_alarm off",
        "binary_sensor.front_door_connectivity on",
        "binary_sensor.front_door_tamper off",
        "lock.front_door locked",
        "select.front_door_door_mode normal",
    ]


async def test_a_minute_and_a_punch_are_silent_in_sensors_that_are_on(
    hass: HomeAssistant, moments_shown: None, book: Book, hub: Hub, face: VirtualTerminal
) -> None:
    """The states of event entities always make lines; those of sensors need not."""
    face.punch(2, mode=8)
    await face.wait_sent()
    await book.begin()
    seen = state_of(hass, "sensor.front_door_last_seen").state
    face.punch(1, mode=8)
    await face.wait_sent()
    await until_state(hass, "sensor.front_door_latest_punch", ADA)
    async_fire_time_changed(hass, dt_util.utcnow() + LAST_SEEN_INTERVAL)
    await until(hass, "sensor.front_door_last_seen", lambda state: state.state != seen)
    entries = await book.entries()
    assert [entry.get("entity_id", "") for entry in entries if entry.get("entity_id", "").startswith("sensor.")] == []


async def test_a_punch_costs_little(
    hass: HomeAssistant, recording: Recorder, book: Book, hub: Hub, finger: VirtualTerminal
) -> None:
    def rows() -> tuple[int, int]:
        with session_scope(hass=hass, read_only=True) as session:
            counted = [
                session.execute(select(func.count()).select_from(table)).scalar_one() for table in (States, Events)
            ]
        return counted[0], counted[1]

    await book.begin()
    before = await recording.async_add_executor_job(rows)
    writes = listen(hass, "state_changed")
    told = listen(hass, "timmy_access_event"), listen(hass, "timmy_access_activity")
    finger.punch(1)
    await finger.wait_sent()
    await book.lines()
    after = await recording.async_add_executor_job(rows)
    assert [write.data["entity_id"] for write in writes] == ["lock.office"]
    assert [len(events) for events in told] == [1, 1]
    assert (after[0] - before[0], after[1] - before[1]) == (1, 2)
