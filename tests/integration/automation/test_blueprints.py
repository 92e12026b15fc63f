"""Every blueprint, as it is in its file: an automation made from it does what it says."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Callable, Generator
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
import re
import shutil
from typing import Any, override
from urllib.parse import unquote

from freezegun import freeze_time
from freezegun.api import TickingDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed, async_mock_service
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.timmy_access.guests.tries import MAX_WRONG
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.components.calendar import CalendarEntity, CalendarEvent
from homeassistant.components.calendar.const import DATA_COMPONENT
from homeassistant.components.trace.const import DATA_TRACE
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from scripts.docs import blueprints as blueprints_page
from simulator import PUNCH_PHOTO, VirtualTerminal

from ..conftest import ADA, CONTROLLER, FACE, FINGER, fit_contact
from ..terminal.test_moments import record, report
from ..until import state_of, until, until_state
from .test_triggers import passed, seconds_ago

pytestmark = pytest.mark.usefixtures("all_enabled", "moments_shown")

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "custom_components" / "timmy_access" / "blueprints"
BLUEPRINTS = sorted(path.stem for path in FOLDER.glob("*.yaml"))
ANSWERED = "mobile_app_notification_action"
# Turns of the event loop that an automation gets for its next step: no time limit, as tests put the clock forward.
TURNS = 100_000
PHONE = "mobile_app_ada_s_phone"
MODE = "select.front_door_door_mode"
VERIFY = "select.front_door_verify_mode"


class House:
    """A Home Assistant with a phone, in which automations are made from our blueprints."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        app = MockConfigEntry(domain="mobile_app")
        app.add_to_hass(hass)
        self.phone = (
            dr.async_get(hass)
            .async_get_or_create(config_entry_id=app.entry_id, identifiers={("mobile_app", "ada")}, name="Ada's phone")
            .id
        )
        self.messages = async_mock_service(hass, "notify", PHONE)
        self.more = async_mock_service(hass, "test", "more")
        self.refused: list[ServiceCall] = []

    def refuse(self) -> str:
        """Add a phone that takes no message, and return it."""

        async def _refuse(call: ServiceCall) -> None:
            self.refused.append(call)
            raise HomeAssistantError("no longer registered")

        self._hass.services.async_register("notify", "mobile_app_old_phone", _refuse)
        (app,) = self._hass.config_entries.async_entries("mobile_app")
        devices = dr.async_get(self._hass)
        return devices.async_get_or_create(
            config_entry_id=app.entry_id, identifiers={("mobile_app", "old")}, name="Old phone"
        ).id

    async def make(self, blueprint: str, **inputs: Any) -> None:
        """Make an automation as the dialog for it does; what has a default may be left out."""
        await self.make_all(made=(blueprint, inputs))

    async def make_all(self, **automations: tuple[str, dict[str, Any]]) -> None:
        """Make several automations, each by its name from a blueprint and inputs."""
        made = [
            {
                "alias": name.capitalize(),
                "id": name,
                "use_blueprint": {"path": f"timmy_access/{blueprint}.yaml", "input": inputs},
            }
            for name, (blueprint, inputs) in automations.items()
        ]
        assert await async_setup_component(self._hass, "automation", {"automation": made})
        await self._hass.async_block_till_done()
        for name in automations:
            assert state_of(self._hass, f"automation.{name}").state == "on"

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait while an automation still runs, for which `settle` would wait too."""
        for _ in range(TURNS):
            if condition():
                return
            await asyncio.sleep(0)
        raise AssertionError(self.said)

    def running(self) -> bool:
        return bool(state_of(self._hass, "automation.made").attributes["current"])

    async def settle(self) -> None:
        await self._hass.async_block_till_done(wait_background_tasks=True)

    @property
    def said(self) -> list[tuple[str, str]]:
        """What phones were told."""
        return [(call.data["title"], call.data["message"]) for call in self.messages]


@pytest.fixture
async def house(hass: HomeAssistant, hass_config_dir: str) -> AsyncGenerator[House]:
    target = Path(hass_config_dir) / "blueprints" / "automation" / "timmy_access"
    await hass.async_add_executor_job(shutil.copytree, FOLDER, target)
    yield House(hass)
    # Whatever waits for a time of day waits no longer.
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


@pytest.fixture
def clock() -> Generator[TickingDateTimeFactory]:
    """A clock that starts at noon, goes on by itself, and can be put forward."""
    with freeze_time(noon(), tick=True) as ticking:
        assert isinstance(ticking, TickingDateTimeFactory)
        yield ticking


def more(**data: str) -> list[dict[str, Any]]:
    return [{"action": "test.more", "data": data}]


def device(hub: Hub, serial: str = FACE) -> str:
    return hub.terminals[serial].device_id


def noon(day: int = 25, hour: int = 12, minute: int = 0) -> datetime:
    """Return a time of the 25th of November 2026, a Wednesday, as clocks show it here."""
    return datetime(2026, 11, day, hour, minute, tzinfo=dt_util.get_default_time_zone())


async def at(hass: HomeAssistant, clock: TickingDateTimeFactory, when: datetime) -> None:
    """Let it be a time of day."""
    clock.move_to(when)
    async_fire_time_changed(hass, when)
    await hass.async_block_till_done(wait_background_tasks=True)


def test_every_blueprint_is_tried() -> None:
    text = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*blueprints.py"))
    assert [name for name in BLUEPRINTS if f'house.make("{name}"' not in text.replace("\n        ", "")] == []


def test_the_page_of_blueprints_is_up_to_date() -> None:
    assert (ROOT / "docs" / "blueprints.md").read_text() == blueprints_page()


async def test_forced_door(hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House) -> None:
    await fit_contact(hass, hub, face)
    await house.make(
        "forced_door",
        picture="image.front_door_latest_punch_photo",
        phones=[house.phone],
        more_actions=more(said="{{ message }}", where="{{ trigger.terminal }}"),
    )
    face.door_event(1)
    await until_state(hass, "binary_sensor.front_door_door", "on")
    await house.settle()
    assert house.said == []
    face.door_event(5)
    await until(hass, "event.front_door_door_events", lambda state: state.attributes["event_type"] == "forced_open")
    await house.settle()
    ((title, message),) = house.said
    assert title == "Door forced open"
    assert message.startswith("Front door was forced open at ")
    data = house.messages[0].data["data"]
    assert data["image"] == "/api/image_proxy/image.front_door_latest_punch_photo"
    assert data["push"] == {"interruption-level": "critical"}
    assert house.more[0].data == {"said": message, "where": "Front door"}


async def test_forced_door_without_anything_else(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House
) -> None:
    await fit_contact(hass, hub, face)
    await house.make("forced_door", terminals={"device_id": [device(hub)]}, phones=[house.phone])
    face.door_event(5)
    await until_state(hass, "binary_sensor.front_door_door", "on")
    await house.settle()
    assert "image" not in house.messages[0].data["data"]


async def test_forced_door_with_the_photo_of_who_was_there(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    face: VirtualTerminal,
    house: House,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await fit_contact(hass, hub, face)
    hass.config_entries.async_update_entry(entry, options={"photos": True})
    await hass.async_block_till_done(wait_background_tasks=True)
    await house.make("forced_door", phones=[house.phone])
    face.punch(1)
    await face.wait_sent()
    await hass.async_block_till_done(wait_background_tasks=True)
    face.door_event(5)
    await face.wait_sent()
    await until_state(hass, "binary_sensor.front_door_door", "on")
    await house.settle()
    response = await (await hass_client_no_auth()).get(house.messages[0].data["data"]["image"])
    assert response.status == HTTPStatus.OK
    assert await response.read() == base64.b64decode(PUNCH_PHOTO)


@pytest.mark.usefixtures("news_of_minutes")
@pytest.mark.parametrize(("blueprint", "event"), [("forced_door", 5), ("tamper", 6), ("door_left_open", 1)])
async def test_a_phone_that_takes_no_message_keeps_nothing_else_from_being_done(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House, blueprint: str, event: int
) -> None:
    async_mock_service(hass, "persistent_notification", "create")
    await fit_contact(hass, hub, face)
    await house.make(blueprint, phones=[house.refuse(), house.phone], more_actions=more(said="{{ message }}"))

    def _told(times: int) -> Callable[[], bool]:
        def _condition() -> bool:
            if blueprint == "door_left_open":  # which tells again after a while
                passed(hass, 5 * 60)
            return len(house.more) == times

        return _condition

    face.door_event(event, time=seconds_ago(15))
    await face.wait_sent()
    if blueprint == "door_left_open":
        await until_state(hass, "binary_sensor.front_door_door", "on")
    await house.until(_told(1))
    if blueprint != "door_left_open":
        face.door_event(event, time=seconds_ago(5))
        await face.wait_sent()
    await house.until(_told(2))
    assert len(house.refused) == len(house.messages) == 2
    face.door_event(0, time=seconds_ago(2))
    await face.wait_sent()
    await house.until(lambda: not house.running())


@pytest.mark.parametrize("what", [["tamper", "alarm", "codes"], ["tamper"], ["codes"]])
async def test_tamper(hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House, what: list[str]) -> None:
    left = async_mock_service(hass, "persistent_notification", "create")
    await house.make("tamper", what=what, phones=[house.phone], more_actions=more(kind="{{ trigger.id }}"))
    hub.terminals[FACE].verdicts.async_apply({"decision_window": 0})
    face.door_event(6)
    await until_state(hass, "binary_sensor.front_door_tamper", "on")
    await house.settle()
    face.door_event(7)
    await until_state(hass, "binary_sensor.front_door_alarm", "on")
    await house.settle()
    for number in range(MAX_WRONG):
        await face.enter_pin(str(number))
    await house.settle()
    texts = {
        "tamper": "The terminal was taken off its wall.",
        "alarm": "The terminal reports an alarm.",
        "codes": "Somebody tried too many wrong codes.",
    }
    assert house.said == [("Front door", texts[kind]) for kind in what]
    assert [call.data["kind"] for call in house.more] == what
    assert len(left) == len(what)


async def test_welcome(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House, clock: TickingDateTimeFactory
) -> None:
    scenes = async_mock_service(hass, "scene", "turn_on")
    spoken = async_mock_service(hass, "tts", "speak")
    await house.make(
        "welcome",
        people=[ADA],
        reader=["main"],
        after="22:00:00",
        before="13:00:00",
        scene="scene.home",
        speech="tts.voice",
        loudspeaker="media_player.hall",
        welcome="Hello NAME!",
        more_actions=more(who="{{ person }}"),
    )
    clock.move_to(noon())
    await report(face, record(enrollid=2), record(inout=1), record(enrollid=99_999_999))
    await house.settle()
    assert scenes == spoken == house.more == []
    await report(face, record())
    await house.settle()
    assert [call.data["entity_id"] for call in scenes] == [["scene.home"]]
    (said,) = spoken
    assert said.data["entity_id"] == ["tts.voice"]
    assert said.data["media_player_entity_id"] == "media_player.hall"
    assert said.data["message"] == f"Hello {ADA}!"
    assert house.more[0].data == {"who": ADA}
    clock.move_to(noon(hour=14))
    await report(face, record())
    await house.settle()
    assert len(house.more) == 1
    clock.move_to(noon(hour=23))
    await report(face, record())
    await house.settle()
    assert len(house.more) == 2


async def test_welcome_though_the_scene_and_the_loudspeaker_fail(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House
) -> None:
    failed: list[ServiceCall] = []

    async def _fail(call: ServiceCall) -> None:
        failed.append(call)
        raise HomeAssistantError("not now")

    hass.services.async_register("scene", "turn_on", _fail)
    hass.services.async_register("tts", "speak", _fail)
    await house.make(
        "welcome",
        scene="scene.home",
        speech="tts.voice",
        loudspeaker="media_player.hall",
        more_actions=more(who="{{ person }}"),
    )
    await report(face, record())
    await house.settle()
    assert [call.domain for call in failed] == ["scene", "tts"]
    assert [call.data for call in house.more] == [{"who": ADA}]


async def test_welcome_everybody_at_any_time(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House
) -> None:
    scenes = async_mock_service(hass, "scene", "turn_on")
    await house.make("welcome", more_actions=more(said="{{ message }}"))
    await report(face, record(enrollid=5))
    await house.settle()
    assert house.more[0].data == {"said": "Welcome, User 5."}
    assert scenes == []


@pytest.mark.usefixtures("all_enabled")
async def test_night_mode(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House, clock: TickingDateTimeFactory
) -> None:
    clock.move_to(noon())
    await until_state(hass, VERIFY, "default")
    await house.make("night_mode", verify_modes=[VERIFY])
    await at(hass, clock, noon(hour=20))
    await until_state(hass, VERIFY, "face_and_card")
    await at(hass, clock, noon(day=26, hour=6))
    await until_state(hass, VERIFY, "default")


@pytest.mark.usefixtures("all_enabled")
async def test_night_mode_makes_up_for_what_was_missed(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House, clock: TickingDateTimeFactory
) -> None:
    clock.move_to(noon())
    await until_state(hass, VERIFY, "default")
    await house.make("night_mode", verify_modes=[VERIFY], night_mode="any")
    await face.stop()
    await until_state(hass, "binary_sensor.front_door_connectivity", "off")
    await at(hass, clock, noon(hour=21))
    assert state_of(hass, VERIFY).state == "unavailable"
    await face.start()
    await until_state(hass, VERIFY, "any")


async def fire(hass: HomeAssistant, house: House) -> list[str]:
    """Let a smoke detector go off and return what the phone may answer: to open, and not to."""
    hass.states.async_set("binary_sensor.smoke", "off", {"friendly_name": "Smoke"})
    await hass.async_block_till_done()
    hass.states.async_set("binary_sensor.smoke", "on", {"friendly_name": "Smoke"})
    await house.until(lambda: hass.bus.async_listeners().get(ANSWERED))
    assert house.said == [("Fire alarm", "Smoke: open all doors?")]
    return [action["action"] for action in house.messages[0].data["data"]["actions"]]


def answer(hass: HomeAssistant, action: str) -> None:
    hass.bus.async_fire(ANSWERED, {"action": action})


@pytest.fixture
async def alarm(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, controller: VirtualTerminal, house: House
) -> dict[str, Any]:
    return {
        "detectors": ["binary_sensor.smoke"],
        "terminals": [device(hub, FINGER), device(hub), device(hub, CONTROLLER)],
        "phones": [house.phone],
        "more_actions": more(detector="{{ detector }}", unconfirmed="{{ unconfirmed }}"),
    }


async def test_fire_alarm(
    hass: HomeAssistant, face: VirtualTerminal, controller: VirtualTerminal, house: House, alarm: dict[str, Any]
) -> None:
    """All doors open, though one terminal is offline."""
    await house.make("fire_alarm", **alarm)
    doors, _ = await fire(hass, house)
    answer(hass, "timmy_access_open_of_another_alarm")
    assert not any(frame.get("cmd") in {"opendoor", "lockctrl"} for frame in face.received)
    left = async_mock_service(hass, "persistent_notification", "create")
    answer(hass, doors)
    await controller.wait_for(lambda: all(door.openings for door in controller.doors.values()))
    await until_state(hass, MODE, "held_open")
    await house.settle()
    assert [call.data for call in house.more] == [{"detector": "Smoke", "unconfirmed": ["Office"]}]
    ((_, told),) = house.said[1:]
    assert told.startswith("These doors have not confirmed that they opened: Office. Open them by hand.")
    assert [call.data["message"] for call in left] == [told]
    assert state_of(hass, "lock.front_door").attributes["emergency"] == "evacuation"


async def test_a_fire_alarm_tells_when_all_doors_are_open(
    hass: HomeAssistant, face: VirtualTerminal, house: House, hub: Hub, alarm: dict[str, Any]
) -> None:
    """Also out of a lockdown, and over a restart in the middle of the question."""
    left = async_mock_service(hass, "persistent_notification", "create")
    await house.make("fire_alarm", **{**alarm, "terminals": [device(hub)]})
    await hass.services.async_call(
        "timmy_access", "emergency", {"state": "lockdown"}, blocking=True, return_response=True
    )
    await until_state(hass, MODE, "held_closed")
    doors, _ = await fire(hass, house)
    answer(hass, doors)
    await until_state(hass, MODE, "held_open")
    await house.settle()
    assert house.said[1][1] == "All doors have confirmed that they opened. End the evacuation when it is over."
    assert left == []
    assert house.more[0].data["unconfirmed"] == []


async def test_a_fire_alarm_opens_the_doors_of_each_listener_though_a_terminal_is_gone_and_another_refuses(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    finger: VirtualTerminal,
    house: House,
    alarm: dict[str, Any],
) -> None:
    """The other listener is not running, and nobody can tell it anything."""
    other = MockConfigEntry(domain="timmy_access", title="Other house")
    other.add_to_hass(hass)
    gate = dr.async_get(hass).async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("timmy_access", "ZX00000055")}, name="Gate"
    )
    left = async_mock_service(hass, "persistent_notification", "create")
    finger.faults.refuse["lockctrl"] = {}
    await house.make("fire_alarm", **{**alarm, "terminals": ["gone", gate.id, device(hub), device(hub, FINGER)]})
    doors, _ = await fire(hass, house)
    answer(hass, doors)
    await until_state(hass, MODE, "held_open")
    await house.settle()
    assert house.more[0].data["unconfirmed"] == ["a terminal that is gone", "Gate", "Office"]
    assert "Gate, Office. Open them by hand." in left[0].data["message"]


@pytest.mark.parametrize("reaction", ["ignore", "silence", "over"])
async def test_a_fire_alarm_that_nobody_confirms_opens_nothing(
    hass: HomeAssistant,
    face: VirtualTerminal,
    controller: VirtualTerminal,
    house: House,
    alarm: dict[str, Any],
    reaction: str,
) -> None:
    await house.make("fire_alarm", **alarm)
    doors, ignore = await fire(hass, house)
    if reaction == "silence":
        passed(hass, 60)
    elif reaction == "ignore":
        answer(hass, ignore)
    else:
        hass.states.async_set("binary_sensor.smoke", "off")
        answer(hass, doors)
    await house.settle()
    assert state_of(hass, "automation.made").attributes["current"] == 0
    for terminal in (face, controller):
        assert not any(frame.get("cmd") in {"opendoor", "lockctrl"} for frame in terminal.received)
    assert house.more == []


@pytest.mark.parametrize("refused", [False, True])
async def test_a_fire_alarm_may_open_without_an_answer(
    hass: HomeAssistant, face: VirtualTerminal, house: House, alarm: dict[str, Any], refused: bool
) -> None:
    await house.make("fire_alarm", without_answer=True, **alarm)
    _, ignore = await fire(hass, house)
    if refused:
        answer(hass, ignore)
        await house.settle()
        passed(hass, 60)
        await house.settle()
        assert not any(frame.get("cmd") in {"opendoor", "lockctrl"} for frame in face.received)
    else:
        passed(hass, 60)
        await until_state(hass, MODE, "held_open")


class Bookings(CalendarEntity):
    """A calendar of two stays."""

    _attr_name = "Bookings"

    def __init__(self, *events: CalendarEvent) -> None:
        self._events = events

    @property
    @override
    def event(self) -> CalendarEvent | None:
        return None

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        return [
            event
            for event in self._events
            if event.start_datetime_local < end_date and event.end_datetime_local > start_date
        ]


async def test_guest_pass(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House, clock: TickingDateTimeFactory
) -> None:
    clock.move_to(noon())
    assert await async_setup_component(hass, "calendar", {})
    first_night = noon(day=26).date()
    await hass.data[DATA_COMPONENT].async_add_entities(
        [
            Bookings(
                CalendarEvent(start=noon(hour=18), end=noon(hour=20), summary="Guest: Grace", description=None),
                CalendarEvent(start=noon(hour=18), end=noon(hour=20), summary="Cleaning"),
                CalendarEvent(
                    start=first_night, end=first_night + timedelta(days=2), summary="Family", location="GUEST"
                ),
            )
        ]
    )
    await house.make(
        "guest_pass",
        calendar="calendar.bookings",
        tag="guest",
        ahead={"hours": 2},
        terminals=[device(hub)],
        with_pin=True,
        phones=[house.phone],
        more_actions=more(code="{{ made.code }}", name="{{ booking }}"),
    )
    for minute in (50, 60):  # calendars are asked a quarter of an hour beforehand
        await at(hass, clock, noon(hour=15) + timedelta(minutes=minute))
    assert [title for title, _ in house.said] == ["Pass for Guest: Grace"]
    assert "Front door" in house.said[0][1]
    picture = unquote(house.messages[0].data["data"]["image"])
    folder = "/api/timmy_access/passes"
    assert re.match(rf"{folder}/pass 2026-11-25 16-00-0\d guest grace\.png\?timmy_access=1&authSig=", picture)
    file = Path(hass.config.path("timmy_access_passes", picture.partition("?")[0].rpartition("/")[2]))
    assert await hass.async_add_executor_job(file.exists)
    code = house.more[0].data["code"]
    assert not hass.data[DATA_TRACE]["automation.made"].runs  # a trace would keep the code
    hub.terminals[FACE].verdicts.async_apply({"decision_window": 0})
    tried = {}
    for hour in (17, 19, 20):
        clock.move_to(noon(hour=hour))
        tried[hour] = (await face.scan_qr(code))["access"]
    assert tried == {17: 0, 19: 1, 20: 0}
    for minute in (50, 60):
        await at(hass, clock, noon(hour=21) + timedelta(minutes=minute))
    assert house.more[1].data["name"] == "Family"
    (family,) = (held for held in hub.passbook.passes.values() if held.name == "Family")
    assert (family.valid_from, family.valid_until) == (noon(day=26, hour=15), noon(day=28, hour=11))


async def test_guest_pass_that_cannot_be_made(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, house: House, clock: TickingDateTimeFactory
) -> None:
    """The listener is off when the time has come; the next booking gets its pass."""
    clock.move_to(noon())
    assert await async_setup_component(hass, "calendar", {})
    bookings = [
        CalendarEvent(start=noon(hour=hour), end=noon(hour=hour + 1), summary=f"Guest {hour}") for hour in (18, 20)
    ]
    await hass.data[DATA_COMPONENT].async_add_entities([Bookings(*bookings)])
    await house.make(
        "guest_pass",
        calendar="calendar.bookings",
        tag="guest",
        ahead={"hours": 2},
        terminals=[device(hub)],
        phones=[house.refuse(), house.phone],
        more_actions=more(code="{{ made.code }}"),
    )
    assert await hass.config_entries.async_unload(entry.entry_id)
    for minute in (50, 60):
        await at(hass, clock, noon(hour=15) + timedelta(minutes=minute))
    text = "It could not be made. Make one in the panel, under Guests."
    assert house.said == [("No pass for Guest 18", text)]
    assert house.more == []
    assert await hass.config_entries.async_setup(entry.entry_id)
    for minute in (50, 60):
        await at(hass, clock, noon(hour=17) + timedelta(minutes=minute))
    assert [title for title, _ in house.said] == ["No pass for Guest 18", "Pass for Guest 20"]
    assert len(house.more) == 1
    assert len(house.refused) == 2


async def test_open_event(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House, clock: TickingDateTimeFactory
) -> None:
    """The terminal is away at the end, and is told it when it is back."""
    clock.move_to(noon())
    assert await async_setup_component(hass, "calendar", {})
    events = (
        CalendarEvent(start=noon(hour=18), end=noon(hour=20), summary="Open house"),
        CalendarEvent(start=noon(hour=18), end=noon(hour=22), summary="Cleaning"),
    )
    await hass.data[DATA_COMPONENT].async_add_entities([Bookings(*events)])
    await house.make(
        "open_event",
        calendar="calendar.bookings",
        tag="open",
        terminal=device(hub),
        more_actions=more(until="{{ held.until }}"),
    )
    await at(hass, clock, noon(hour=17, minute=45))  # calendars are asked a quarter of an hour beforehand
    await until_state(hass, MODE, "normal")
    await at(hass, clock, noon(hour=18))
    await until_state(hass, MODE, "held_open")
    await house.settle()
    assert [call.data["until"] for call in house.more] == [noon(hour=20).isoformat()]
    await face.stop()
    await until_state(hass, MODE, "unavailable")
    await at(hass, clock, noon(hour=20) + timedelta(minutes=1))
    await face.start()
    await until_state(hass, MODE, "normal")
    assert face.doors[1].mode == "normal"


@pytest.mark.parametrize("after_first", [True, False])
async def test_working_hours(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    house: House,
    clock: TickingDateTimeFactory,
    after_first: bool,
) -> None:
    clock.move_to(noon(hour=7))
    await house.make("working_hours", door_mode=MODE, terminal=device(hub), after_first=after_first)
    await report(face, record())
    await house.settle()
    assert state_of(hass, MODE).state == "normal"
    await at(hass, clock, noon(hour=8))
    if after_first:
        assert state_of(hass, MODE).state == "normal"
        await report(face, record())
    await until_state(hass, MODE, "held_open")
    assert face.doors[1].mode == "held_open"
    await at(hass, clock, noon(hour=18))
    await until_state(hass, MODE, "normal")
    await report(face, record())
    await house.settle()
    assert state_of(hass, MODE).state == "normal"


@pytest.mark.parametrize(
    ("inputs", "day"),
    [({"workday": "binary_sensor.workday"}, 25), ({"weekdays": ["thu"]}, 25), ({}, 28)],
)
async def test_working_hours_on_other_days(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    house: House,
    clock: TickingDateTimeFactory,
    inputs: dict[str, Any],
    day: int,
) -> None:
    hass.states.async_set("binary_sensor.workday", "off")
    clock.move_to(noon(day=day, hour=7))
    await house.make("working_hours", door_mode=MODE, terminal=device(hub), **inputs)
    await at(hass, clock, noon(day=day, hour=8))
    await report(face, record())
    await house.settle()
    assert state_of(hass, MODE).state == "normal"


async def test_working_hours_that_ended_while_the_terminal_was_offline(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House, clock: TickingDateTimeFactory
) -> None:
    clock.move_to(noon(hour=7))
    await house.make("working_hours", door_mode=MODE, terminal=device(hub), after_first=False)
    await at(hass, clock, noon(hour=8))
    await until_state(hass, MODE, "held_open")
    await face.stop()
    await until_state(hass, MODE, "unavailable")
    await at(hass, clock, noon(hour=19))
    await face.start()
    await until_state(hass, MODE, "normal")


async def test_terminal_watch(hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House) -> None:
    await house.make(
        "terminal_watch",
        terminals={"device_id": device(hub)},
        counts=["sensor.front_door_people"],
        full_above=90,
        phones=[house.phone],
    )
    users = state_of(hass, "sensor.front_door_people")
    full = {**users.attributes, "capacity": 3000, "used_percentage": 95.0}
    hass.states.async_set("sensor.front_door_people", "2850", full)
    await house.settle()
    assert house.said == [("Terminal nearly full", "Front door People: 2850 of 3000 in use.")]
    await face.stop()
    await until_state(hass, "binary_sensor.front_door_connectivity", "off")
    await house.settle()
    assert len(house.said) == 1
    passed(hass, 15 * 60)
    await house.settle()
    assert house.said[1][0] == "Terminal offline"
    assert house.said[1][1].startswith("Front door has been offline since ")
    assert len(house.said) == 2


async def test_terminal_watch_of_all_terminals(hass: HomeAssistant, hub: Hub, house: House) -> None:
    await house.make("terminal_watch", phones=[house.phone])
    for _ in range(2):  # missed at first, and then silent for long enough
        passed(hass, 15 * 60)
        await house.settle()
    assert sorted(message.partition(" has")[0] for _, message in house.said) == ["Front door", "Office", "Warehouse"]


async def sum_up(house: House, terminals: list[str], phones: list[str]) -> None:
    await house.make(
        "daily_summary",
        terminals=terminals,
        at="18:00:00",
        weekdays=["wed", "thu"],
        phones=phones,
        more_actions=more(count="{{ came.attendance | count }}"),
    )


async def test_daily_summary(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House, clock: TickingDateTimeFactory
) -> None:
    clock.move_to(noon(hour=17))
    await sum_up(house, [device(hub), device(hub, FINGER)], [house.phone])
    # What a terminal reports late counts, too.
    await report(
        face,
        record(time="2026-11-25 09:15:00", enrollid=5),
        record(time="2026-11-25 08:30:00"),
        record(time="2026-11-25 16:45:00"),
        record(time="2026-11-24 10:00:00", enrollid=6),
    )
    await at(hass, clock, noon(hour=18))
    title, message = house.said[0]
    assert title == "Who came in today"
    assert message.splitlines() == [f"{ADA}: 08:30 to 16:45", "User 5: 09:15 to 09:15"]
    assert house.more[0].data == {"count": 2}
    await at(hass, clock, noon(day=26, hour=18))
    assert house.said[1][1] == "Nobody came in today."
    await at(hass, clock, noon(day=27, hour=18))
    assert len(house.said) == 2


async def test_daily_summary_of_a_log_that_cannot_be_read(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, house: House, clock: TickingDateTimeFactory
) -> None:
    """That nobody came in is another thing."""
    clock.move_to(noon(hour=17))
    await sum_up(house, [device(hub)], [house.refuse(), house.phone])
    assert await hass.config_entries.async_unload(entry.entry_id)
    await at(hass, clock, noon(hour=18))
    assert house.said == [("Who came in today", "The access log cannot be read at present.")]
    assert house.more == []
    assert await hass.config_entries.async_setup(entry.entry_id)
    await at(hass, clock, noon(day=26, hour=18))
    assert house.said[1][1] == "Nobody came in today."
    assert [call.data for call in house.more] == [{"count": 0}]


@pytest.mark.usefixtures("news_of_minutes")
async def test_door_left_open(hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House) -> None:
    await fit_contact(hass, hub, face)
    await house.make("door_left_open", phones=[house.phone], times=2)

    def time_goes_by(condition: Callable[[], bool]) -> Callable[[], bool]:
        def _condition() -> bool:
            passed(hass, 5 * 60)
            return condition()

        return _condition

    face.door_event(1, time=seconds_ago(20))
    await until_state(hass, "binary_sensor.front_door_door", "on")
    await house.until(time_goes_by(lambda: len(house.messages) == 2))
    await house.until(time_goes_by(lambda: not house.running()))
    assert len(house.messages) == 2
    face.door_event(0, time=seconds_ago(15))
    await until_state(hass, "binary_sensor.front_door_door", "off")
    face.door_event(1, time=seconds_ago(10))
    await until_state(hass, "binary_sensor.front_door_door", "on")
    await house.until(time_goes_by(lambda: len(house.messages) == 3))
    face.door_event(0, time=seconds_ago(5))
    await until_state(hass, "binary_sensor.front_door_door", "off")
    await house.until(lambda: not house.running())
    passed(hass, 5 * 60)
    await house.settle()
    assert house.said == [("Door left open", "Front door is still open.")] * 3
