"""Automations with triggers of our own: real ones, in a real Home Assistant, with what happens at virtual terminals."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.timmy_access.automation.triggers import TRIGGERS, LastingDescription
from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.guests.tries import MAX_WRONG
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.records.backlog import QUIET_SECONDS
from custom_components.timmy_access.terminal.connectivity import FIRST_CONTACT_SECONDS
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import (
    area_registry as ar,
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.trigger import async_get_all_descriptions, async_validate_trigger_config
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from scripts.docs import triggers as triggers_page
from simulator import User, VirtualTerminal

from ..automations import automate
from ..conftest import ADA, CONTROLLER, FACE, FINGER, MakeTerminal, connected, fit_contact, reload
from ..guests.test_guests import WRONG, make_pass
from ..people.test_persons import link
from ..terminal.test_moments import record, report
from ..until import state_of, until, until_state

pytestmark = pytest.mark.usefixtures("moments_shown")

ROOT = Path(__file__).resolve().parents[3]
CONNECTIVITY = "binary_sensor.front_door_connectivity"
CONTACT = "binary_sensor.front_door_door"
STRANGER = 99_999_999
FIVE_MINUTES: Mapping[str, Any] = {"for": "00:05:00"}

type Scene = Callable[[HomeAssistant, Hub, VirtualTerminal], Awaitable[None]]


def passed(hass: HomeAssistant, duration: float) -> None:
    """Let timers believe that so many seconds have passed."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=duration + 1))


def trigger(key: str, serial: str | None = None, *, hub: Hub | None = None, **options: Any) -> dict[str, Any]:
    """Return the configuration of a trigger, for one terminal or for all."""
    made: dict[str, Any] = {"trigger": f"{DOMAIN}.{key}", "options": options}
    if hub is not None and serial is not None:
        made["target"] = {"device_id": hub.terminals[serial].device_id}
    return made


async def _punch(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    face.punch(1)


def seconds_ago(seconds: int) -> datetime:
    """Return a time of a terminal: those of two equal records have to differ, or they are one."""
    return dt_util.now().replace(tzinfo=None) - timedelta(seconds=seconds)


def _asking(approval: str, seconds: int = 0) -> Scene:
    async def _scene(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
        hub.terminals[FACE].verdicts.async_apply({"server_approval": approval, "decision_window": 0.05})
        face.server_approval = True
        face.punch(1, time=seconds_ago(seconds))
        await face.wait_sent()
        face.server_approval = False

    return _scene


def _door(event: int) -> Scene:
    async def _scene(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
        face.door_event(event)

    return _scene


async def _wrong_code(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    hub.terminals[FACE].verdicts.async_apply({"decision_window": 0.05})
    assert (await face.scan_qr(WRONG))["access"] == 0


async def _wrong_codes(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    hub.terminals[FACE].verdicts.async_apply({"decision_window": 0})
    for number in range(MAX_WRONG):
        await face.enter_pin(str(number))


async def _guest(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    made = await make_pass(hass, hub)
    assert (await face.scan_qr(made["code"]))["access"] == 1


async def _stranger(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    face.punch(STRANGER)


async def _held_open(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    await fit_contact(hass, hub, face)
    face.door_event(0)
    await until_state(hass, CONTACT, "off")
    face.door_event(1)
    await until_state(hass, CONTACT, "on")
    passed(hass, 60)


async def _enrolled(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    number = max(face.users) + 1
    face.enrol_user(User(enrollid=number, name="Grace", credentials={11: number}))


async def _backlog(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    received = sum(frame.get("ret") == "sendlog" for frame in face.received)
    face.punch(1, time=seconds_ago(3600 * (1 + received)))
    await face.wait_sent()
    for _ in range(2):
        passed(hass, QUIET_SECONDS)
        await hass.async_block_till_done()


async def _offline(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    await face.stop()
    await until_state(hass, CONNECTIVITY, "off")
    await hass.async_block_till_done()


async def _gone(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    await _offline(hass, hub, face)
    passed(hass, 60)


async def _last_left(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    (subentry,) = [one for one in entry.subentries.values() if one.unique_id == FACE]
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "entry_reader": "second"})
    await until_state(hass, "sensor.front_door_people_inside", "0")
    face.punch(1, inout=0)


async def _online(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    await _offline(hass, hub, face)
    await face.start()
    await until_state(hass, CONNECTIVITY, "on")


PUNCH = {
    "enroll_id": 1,
    "function_key": 0,
    "method": "face",
    "mode": 8,
    "person": ADA,
    "person_entity_id": "person.ada",
    "reader": "main",
    "temperature": None,
}
CODE = {"enroll_id": None, "pass_id": None, "pass_name": None, "person": None, "source": "qr_code"}

PERSON = {**PUNCH, "groups": []}

# What happens, what the trigger says of it, options that let it through, and options each of which does not.
SCENES: dict[str, tuple[Scene, Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]] = {
    "access_granted": (
        _punch,
        {**PERSON, "barred": None},
        {
            "enroll_id": ["1", 5],
            "function_key": 0,
            "method": ["card", "face"],
            "person": [" ada\u3000 LOVELACE"],
            "person_entity_id": ["person.ada", "person.grace"],
            "reader": "main",
        },
        {
            "enroll_id": 2,
            "function_key": [1],
            "group": "Family",
            "method": "card",
            "person": "Ada",
            "person_entity_id": "person.grace",
            "reader": ["second"],
        },
    ),
    "access_refused": (
        _asking("refuse"),
        {**PERSON, "reason": "no_answer", "request_id": None},
        {"enroll_id": 1, "person": ADA, "person_entity_id": "person.ada", "reader": ["main", "second"]},
        {"enroll_id": 2, "person": "Ada", "person_entity_id": "person.grace", "reader": ["second"]},
    ),
    "access_requested": (
        _asking("grant"),
        {**PERSON, "reason": None},
        {"enroll_id": 1, "person": ADA, "reader": []},
        {"enroll_id": 2, "person": "Ada", "reader": ["second"]},
    ),
    "alarm_raised": (_door(7), {}, {}, {}),
    "code_granted": (
        _guest,
        {"pass_name": "Plumber", "source": "qr_code"},
        {"pass_name": "plumber", "source": ["pin", "qr_code"]},
        {"pass_name": "Painter", "source": "pin"},
    ),
    "code_refused": (_wrong_code, {**CODE, "reason": "unknown"}, {"source": "qr_code"}, {"source": "pin"}),
    "code_scanned": (_wrong_code, {**CODE, "reason": "unknown"}, {"source": "qr_code"}, {"source": "pin"}),
    "codes_blocked": (_wrong_codes, {"reason": "too_many_tries"}, {}, {}),
    "credential_unrecognised": (
        _stranger,
        {**PUNCH, "enroll_id": STRANGER, "method": "unrecognised", "person": None, "person_entity_id": None},
        {"reader": "main"},
        {"reader": "second"},
    ),
    "door_forced_open": (_door(5), {}, {}, {}),
    "door_held_open": (_held_open, {"for": "0:01:00"}, {"for": "00:00:30"}, {"for": {"hours": 1}}),
    "door_trouble": (
        _door(5),
        {"for": None, "kind": "forced_open"},
        {"kind": ["forced_open", "alarm"], "for": "00:05:00"},
        {"kind": ["alarm", "held_open", "offline", "tamper"]},
    ),
    "last_person_left": (_last_left, {"certain": True, "enroll_id": 1, "groups": [], "person": ADA}, {}, {}),
    "person_enrolled": (
        _enrolled,
        {"credential": "card", "person": "Grace", "reason": None},
        {"credential": ["card", "face"]},
        {"credential": "face"},
    ),
    "records_caught_up": (_backlog, {"records": 1}, {}, {}),
    "tamper_detected": (_door(6), {}, {}, {}),
    "terminal_offline": (_gone, {"for": "0:01:00"}, {"for": 0}, {"for": 3600}),
    "terminal_online": (_online, {}, {}, {}),
}


@pytest.mark.parametrize("key", SCENES)
async def test_a_trigger_fires_for_what_it_says_and_for_nothing_else(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, key: str
) -> None:
    scene, facts, fitting, unfitting = SCENES[key]
    await link(hass, hub)
    runs = await automate(
        hass,
        everything=trigger(key),
        everything_here=trigger(key, FACE, hub=hub),
        fitting=trigger(key, FACE, hub=hub, **fitting),
        elsewhere=trigger(key, FINGER, hub=hub, **fitting),
        **{f"unfitting_{name}": trigger(key, FACE, hub=hub, **{name: value}) for name, value in unfitting.items()},
    )
    await scene(hass, hub, face)
    await runs.until("everything", "everything_here", "fitting")
    payload = next(said for name, said in runs.heard if name == "everything")
    assert payload["platform"] == f"{DOMAIN}.{key}"
    assert payload["description"] == f"{key.replace('_', ' ')} at Front door"
    assert payload["terminal"] == "Front door"
    assert payload["device_id"] == hub.terminals[FACE].device_id
    assert abs(dt_util.utcnow() - dt_util.parse_datetime(payload["occurred_at"], raise_on_error=True)) < timedelta(
        minutes=1
    )
    assert {name: payload[name] for name in facts} == facts
    always = {"alias", "description", "device_id", "id", "idx", "occurred_at", "platform", "terminal"}
    (variables,) = (set(description.variables) for description in TRIGGERS if description.key == key)
    assert payload.keys() == variables | always
    assert WRONG not in str(runs.heard)


@pytest.mark.parametrize("key", SCENES)
async def test_a_trigger_survives_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, key: str
) -> None:
    scene, *_ = SCENES[key]
    runs = await automate(hass, everything=trigger(key), here=trigger(key, FACE, hub=hub))
    again = await reload(hass, entry, face)
    assert again is not hub
    runs.heard.clear()  # of the terminal that went offline for it
    await scene(hass, again, face)
    await runs.until("everything", "here")


@pytest.mark.parametrize(
    ("kind", "scene", "duration"),
    [
        ("alarm", _door(7), None),
        ("held_open", _held_open, "0:01:00"),
        ("offline", _gone, "0:01:00"),
        ("tamper", _door(6), None),
    ],
)
async def test_each_trouble_at_a_door_is_told_by_its_kind(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, kind: str, scene: Scene, duration: str | None
) -> None:
    others = sorted({"alarm", "forced_open", "held_open", "offline", "tamper"} - {kind})
    runs = await automate(
        hass,
        anything=trigger("door_trouble"),
        this=trigger("door_trouble", FACE, hub=hub, kind=kind),
        other=trigger("door_trouble", FACE, hub=hub, kind=others),
    )
    await scene(hass, hub, face)
    await runs.until("anything", "this")
    assert {(said["kind"], said["for"]) for _, said in runs.heard} == {(kind, duration)}


async def test_a_terminal_counts_once_in_the_editor(hass: HomeAssistant, hub: Hub, controller: VirtualTerminal) -> None:
    """The entities that the editor counts for a device that is chosen: those that fit the filter of the target."""
    assert await async_setup_component(hass, "automation", {})
    described = (await async_get_all_descriptions(hass))[f"{DOMAIN}.access_granted"]
    assert described is not None
    (wanted,) = described["target"]["entity"]
    registry = er.async_get(hass)
    for terminal in hub.terminals.values():
        ours = er.async_entries_for_device(registry, terminal.device_id, include_disabled_entities=False)
        fitting = [
            one
            for one in ours
            if one.domain in wanted["domain"]
            and (one.device_class or one.original_device_class) in wanted["device_class"]
        ]
        assert len(fitting) == 1, terminal.name


async def test_a_trigger_may_be_there_before_its_terminal(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    here = trigger("access_granted", FACE, hub=hub)
    assert await hass.config_entries.async_unload(entry.entry_id)
    runs = await automate(hass, here=here)
    assert await hass.config_entries.async_setup(entry.entry_id)
    (await connected(hass, make_terminal("ai_face", FACE))).punch(1)
    await runs.until("here")


async def test_old_records_trigger_nothing(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    """What came in late, or carries a time to come, trips no automation; that it came in, one may know."""
    runs = await automate(hass, **{key: trigger(key, FACE, hub=hub) for key in SCENES})
    hub.terminals[FACE].verdicts.async_apply({"server_approval": "grant"})
    for minutes in (-60, 60):
        time = (dt_util.now() + timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S")
        await report(face, record(time=time), record(time=time, enrollid=STRANGER))
        await report(face, record(time=time, enrollid=1, mode=8))
        await report(face, *(record(time=time, enrollid=0, mode=0, inout=1, event=event) for event in range(9)))
    passed(hass, 3600)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert runs.heard == []
    passed(hass, QUIET_SECONDS)
    await runs.until("records_caught_up")


async def test_a_repeated_record_triggers_once(hass: HomeAssistant, hub: Hub, finger: VirtualTerminal) -> None:
    runs = await automate(hass, granted=trigger("access_granted"))
    same = record()
    for index in range(3):
        await report(finger, same, index=index)
    await runs.until("granted")


async def test_access_is_granted_where_home_assistant_decides(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    runs = await automate(
        hass,
        granted=trigger("access_granted", person=ADA, method="face"),
        refused=trigger("access_refused"),
        code=trigger("code_granted"),
    )
    await _asking("refuse", 5)(hass, hub, face)
    await runs.until("refused")
    await _asking("grant")(hass, hub, face)
    await runs.until("granted", "refused")


async def test_an_automation_lets_somebody_in(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    hub.terminals[FACE].verdicts.async_apply({"server_approval": "refuse"})
    face.server_approval = True
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "triggers": trigger("access_requested", FACE, hub=hub, person=ADA),
                "actions": {
                    "action": f"{DOMAIN}.reply_access",
                    "data": {
                        "device_id": "{{ trigger.device_id }}",
                        "request_id": "{{ trigger.request_id }}",
                        "access": True,
                    },
                },
            }
        },
    )
    face.punch(1)
    await face.wait_opened(1)


@pytest.mark.usefixtures("news_of_minutes", "contact")
async def test_a_door_that_closes_in_time_was_not_held_open(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    runs = await automate(hass, held=trigger("door_held_open", FACE, hub=hub))
    face.door_event(1, time=seconds_ago(5))
    await until_state(hass, CONTACT, "on")
    face.door_event(0)
    await until_state(hass, CONTACT, "off")
    passed(hass, 60)
    face.door_event(1)  # what has begun anew takes its time anew
    await until_state(hass, CONTACT, "on")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert runs.heard == []
    await _offline(hass, hub, face)  # whether the door is still open, nobody knows now
    passed(hass, 60)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert runs.heard == []


async def test_a_terminal_that_is_back_in_time_was_not_offline(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    runs = await automate(hass, offline=trigger("terminal_offline", FACE, hub=hub, **FIVE_MINUTES))
    await _online(hass, hub, face)
    passed(hass, 300)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert runs.heard == []
    await _offline(hass, hub, face)
    passed(hass, 300)
    await runs.until("offline")


@pytest.mark.usefixtures("contact")
async def test_an_automation_that_is_turned_off_waits_for_nothing(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    runs = await automate(hass, held=trigger("door_held_open"))
    face.door_event(1)
    await until_state(hass, CONTACT, "on")
    await hass.services.async_call("automation", "turn_off", {"entity_id": "automation.held"}, blocking=True)
    passed(hass, 60)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert runs.heard == []


async def test_a_terminal_that_never_comes_is_offline(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    runs = await automate(
        hass,
        offline=trigger("terminal_offline", FACE, hub=hub),
        online=trigger("terminal_online", FACE, hub=hub),
    )
    for seconds in (FIRST_CONTACT_SECONDS, 60):
        passed(hass, seconds)
        await hass.async_block_till_done()
    await runs.until("offline")
    await connected(hass, make_terminal("ai_face", FACE))
    await runs.until("offline", "online")


async def test_targets_may_be_areas_entities_and_labels(
    hass: HomeAssistant, hub: Hub, controller: VirtualTerminal
) -> None:
    hall = ar.async_get(hass).async_create("Hall")
    device_id = hub.terminals[CONTROLLER].device_id
    dr.async_get(hass).async_update_device(device_id, area_id=hall.id)
    runs = await automate(
        hass,
        area={"trigger": f"{DOMAIN}.tamper_detected", "target": {"area_id": hall.id}},
        entity={"trigger": f"{DOMAIN}.tamper_detected", "target": {"entity_id": "event.warehouse_access"}},
        beside_one_that_is_gone={
            "trigger": f"{DOMAIN}.tamper_detected",
            "target": {"device_id": ["gone", device_id], "entity_id": "event.gone"},
        },
    )
    controller.door_event(6)
    await runs.until("area", "beside_one_that_is_gone", "entity")


@pytest.mark.parametrize(
    ("target", "key", "name"),
    [
        ({"device_id": "gone"}, "target_without_terminal", ""),
        ({"entity_id": "lock.warehouse_door_2"}, "target_is_a_door", "Door 2"),
        ({"entity_id": "sun.sun"}, "target_not_a_terminal", "sun.sun"),
        ({"entity_id": "light.lamp"}, "target_not_a_terminal", "Lamp"),
        ({"entity_id": "light.free"}, "target_not_a_terminal", "light.free"),
        ({"area_id": "nowhere"}, "target_without_terminal", ""),
    ],
)
async def test_a_wrong_target_is_named(
    hass: HomeAssistant, hub: Hub, controller: VirtualTerminal, target: dict[str, str], key: str, name: str
) -> None:
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    lamp = dr.async_get(hass).async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("other", "lamp")}, name="Lamp"
    )
    entities = er.async_get(hass)
    entities.async_get_or_create("light", "other", "lamp", suggested_object_id="lamp", device_id=lamp.id)
    entities.async_get_or_create("light", "other", "free", suggested_object_id="free")
    hass.states.async_set("sun.sun", "above_horizon")
    with pytest.raises(HomeAssistantError) as caught:
        await async_validate_trigger_config(
            hass, cv.TRIGGER_SCHEMA([{"trigger": f"{DOMAIN}.tamper_detected", "target": target}])
        )
    assert caught.value.translation_key == key
    assert (caught.value.translation_placeholders or {})["name"] == name
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("access_granted", {"method": "unrecognised"}),
        ("access_granted", {"enroll_id": "one"}),
        ("access_granted", {"enroll_id": 1.5}),
        ("access_granted", {"reader": "third"}),
        ("access_granted", {"for": "00:01:00"}),
        ("code_scanned", {"source": "punch"}),
        ("door_held_open", {"for": "-00:01:00"}),
    ],
)
async def test_a_wrong_option_is_refused(hass: HomeAssistant, hub: Hub, key: str, options: dict[str, Any]) -> None:
    assert await async_setup_component(
        hass,
        "automation",
        {"automation": {"alias": "wrong", "triggers": trigger(key, **options), "actions": []}},
    )
    await hass.async_block_till_done()
    assert state_of(hass, "automation.wrong").state == "unavailable"


async def test_home_assistant_describes_every_trigger(hass: HomeAssistant, hub: Hub) -> None:
    """What the picker of triggers shows is complete, and what it lets choose is what is understood."""
    assert await async_setup_component(hass, "automation", {})
    described = await async_get_all_descriptions(hass)
    assert [description.key for description in TRIGGERS] == sorted(SCENES)
    for description in TRIGGERS:
        about = described[f"{DOMAIN}.{description.key}"]
        assert about is not None
        assert about["target"] == {
            "entity": [{"integration": DOMAIN, "domain": ["binary_sensor"], "device_class": ["connectivity"]}],
            "primary_entities_only": False,
        }
        fields = about.get("fields", {})
        lasting = {"for"} if isinstance(description, LastingDescription) else set()
        assert set(fields) == {str(key) for key in description.fields} | lasting
        for name, field in fields.items():
            if (select := field["selector"].get("select")) is not None:
                validator = next(value for key, value in description.fields.items() if key == name)
                assert validator(select["options"]) == select["options"]


def test_the_page_of_triggers_is_up_to_date() -> None:
    assert (ROOT / "docs" / "triggers.md").read_text() == triggers_page()


async def test_events_are_not_changed_by_triggers(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    await _asking("refuse")(hass, hub, face)
    state = await until(hass, "event.front_door_access", lambda state: state.state != "unknown")
    assert state.attributes["person"] == ADA
    assert "asked" not in state.attributes
