"""Somebody of the house is recorded at a terminal from the panel, and passes at the others too."""

import base64
from collections.abc import AsyncGenerator, Callable
from functools import partial
from io import BytesIO
from typing import Any

from PIL import Image
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from simulator import VirtualTerminal
from simulator.faults import Faults

from ..conftest import ADA, CONTROLLER, FACE, FINGER
from ..until import TEXTS, listen
from .told import Told, asked, performed, told

ZOE = "Zoe"
CARD, PHOTO = 11, 50
STEPS = ["asked", "saving", "done"]


@pytest.fixture
async def hub(hass: HomeAssistant, entry: MockConfigEntry) -> AsyncGenerator[Hub]:
    """The running listener, with a vault."""
    hass.config_entries.async_update_entry(entry, options={"vault": True})
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield entry.runtime_data
    await hass.config_entries.async_unload(entry.entry_id)


class Desk:
    """Who sits before the panel, with Zoe, who may pass the doors of some terminals."""

    def __init__(self, client: MockHAClientWebSocket, hub: Hub, person_id: str) -> None:
        self.client = client
        self.hub = hub
        self.zoe = person_id

    @property
    def number(self) -> int:
        return self.hub.house.household.people[self.zoe].enroll_id

    async def enrol(self, serial: str, credential: str, index: int = 0) -> Told:
        return await asked(self.client, "enrol", serial=serial, person_id=self.zoe, credential=credential, index=index)

    async def until_step(self, serial: str, *steps: str) -> list[Told]:
        """Return what is told of a recording, up to one of the steps."""
        seen: list[Told] = []
        while not seen or seen[-1]["step"] not in steps:
            news = await told(self.client, lambda it: serial in it.get("recordings", {}))
            seen.append(news["recordings"][serial])
        return seen


def _has(terminal: VirtualTerminal, number: int) -> bool:
    return number in terminal.users


@pytest.fixture
def desk(hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator) -> Callable[..., Any]:
    """Sit down, with some terminals kept in step."""

    async def _desk(*terminals: VirtualTerminal) -> Desk:
        client = await hass_ws_client(hass)
        devices = [hub.terminals[terminal.serial].device_id for terminal in terminals]
        for device_id in devices:
            answer = await performed(client, "keep_in_step", device_id=device_id, confirm=True)
            assert answer["success"], answer
        group = (await performed(client, "set_access_group", name="All", rules=[{"device_id": devices}]))["result"]
        person = (await performed(client, "add_person", name=ZOE, groups=[group["group_id"]]))["result"]
        for terminal in terminals:
            await terminal.wait_for(partial(_has, terminal, person["enroll_id"]))
        assert (await asked(client, "enrolment"))["success"]
        return Desk(client, hub, person["person_id"])

    return _desk


async def scans(terminal: VirtualTerminal, record: str | int | None = None) -> None:
    """Somebody comes to a terminal that asks for them."""
    await terminal.wait_for(lambda: terminal.machine.enrolment)
    terminal.scan_enrolment(record)


def strangers(terminal: VirtualTerminal, desk: Desk) -> set[int]:
    """Return who is on a terminal besides Ada and Zoe."""
    return set(terminal.users) - {1, desk.number}


async def test_a_finger_is_recorded_once_and_opens_the_other_doors_too(
    hass: HomeAssistant, hub: Hub, desk: Callable[..., Any], finger: VirtualTerminal, controller: VirtualTerminal
) -> None:
    events = listen(hass, "timmy_access_enrolled")
    sits = await desk(finger, controller)
    answer = await sits.enrol(FINGER, "fingerprint", 2)
    assert answer["success"], answer
    await scans(finger)
    seen = await sits.until_step(FINGER, "done", "failed")
    assert list(dict.fromkeys(it["step"] for it in seen if it["step"] != "preparing")) == STEPS
    assert {it["credential"] for it in seen} == {"fingerprint_2"}
    assert {it["recording_id"] for it in seen} == {answer["result"]}
    record = finger.users[sits.number].credentials[2]
    assert record
    assert str(record) not in str(seen)
    assert strangers(finger, sits) == set()
    await controller.wait_for(lambda: 2 in controller.users[sits.number].credentials)
    assert controller.users[sits.number].credentials[2] == record
    held = hub.house.household.credentials[sits.zoe, 2]
    assert held.sealed is not None
    assert FINGER in held.terminals
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [line["fields"] for line in (await _changes(sits)) if line["did"] == "changed"] == [["fingerprint_2"]]
    assert {event.data.get("enroll_id") for event in events} <= {sits.number}
    differences = (await performed(sits.client, "get_differences"))["result"]["differences"]
    assert differences == []
    assert (await asked(sits.client, "people", person_id=sits.zoe))["success"]
    both = [{"kind": "fingerprint_2", "terminals": sorted((CONTROLLER, FINGER))}]
    await told(sits.client, lambda it: it.get("people", {}).get(sits.zoe, {}).get("credentials") == both)


async def _changes(sits: Desk) -> list[Told]:
    answer = await performed(sits.client, "get_people", person_id=sits.zoe, include_changes=True)
    changes: list[Told] = answer["result"]["people"][0]["changes"]
    return changes


async def test_without_a_vault_the_others_have_it_from_the_terminal(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    desk: Callable[..., Any],
    finger: VirtualTerminal,
    controller: VirtualTerminal,
) -> None:
    hass.config_entries.async_update_entry(entry, options={})
    await hass.async_block_till_done()
    sits = await desk(finger, controller)
    assert (await sits.enrol(FINGER, "card"))["success"]
    await scans(finger, 4711)
    await sits.until_step(FINGER, "done")
    await controller.wait_for(lambda: controller.users[sits.number].credentials.get(CARD) == 4711)
    assert finger.users[sits.number].credentials[CARD] == 4711
    assert hub.house.household.credentials[sits.zoe, CARD].sealed is None


async def test_a_card_of_somebody_else_is_not_theirs(
    desk: Callable[..., Any], finger: VirtualTerminal, hass: HomeAssistant
) -> None:
    sits = await desk(finger)
    assert (await performed(sits.client, "add_person", name="Bea", card="4711"))["success"]
    assert (await sits.enrol(FINGER, "card"))["success"]
    await scans(finger, 4711)
    failed = (await sits.until_step(FINGER, "failed"))[-1]
    assert (failed["key"], failed["placeholders"]["holder"]) == ("house_card_in_use", "Bea")
    assert "4711" not in str(failed)
    assert CARD not in finger.users[sits.number].credentials
    assert strangers(finger, sits) == set()


@pytest.mark.parametrize(
    ("holder", "key", "placeholders"),
    [
        (1, "enrolment_double_of", {"holder": ADA, "number": "1"}),
        (None, "enrolment_double_own", {"person": ZOE}),
        (77, "refused_already_enrolled_by", {"holder": "77"}),
    ],
)
async def test_a_finger_that_is_known_says_whose_it_is(
    desk: Callable[..., Any], finger: VirtualTerminal, holder: int | None, key: str, placeholders: dict[str, str]
) -> None:
    sits = await desk(finger)
    assert (await sits.enrol(FINGER, "fingerprint"))["success"]
    enrolment = await finger.wait_for(lambda: finger.machine.enrolment)
    finger.machine.enrolment = None
    enrolment.finish({"result": False, "reason": 12, "msg": f"finger is double,id={holder or sits.number}"})
    failed = (await sits.until_step(FINGER, "failed"))[-1]
    assert failed["key"] == key
    assert placeholders.items() <= failed["placeholders"].items()
    assert set(failed["placeholders"]) >= _wanted_by(key)
    assert strangers(finger, sits) == set()


def _wanted_by(key: str) -> set[str]:
    text = TEXTS["exceptions"][key]["message"]
    return {part.partition("}")[0] for part in text.split("{")[1:]}


async def test_nobody_comes(desk: Callable[..., Any], finger: VirtualTerminal) -> None:
    sits = await desk(finger)
    assert (await sits.enrol(FINGER, "fingerprint"))["success"]
    await finger.wait_for(lambda: finger.machine.enrolment)
    failed = (await sits.until_step(FINGER, "failed"))[-1]
    assert failed["key"] == "enrolment_nobody"
    assert set(failed["placeholders"]) >= _wanted_by("enrolment_nobody")
    # Another try is not in the way of the first.
    assert (await sits.enrol(FINGER, "fingerprint"))["success"]
    await scans(finger)
    await sits.until_step(FINGER, "done")


async def test_who_comes_after_it_was_called_off_opens_nothing(
    hass: HomeAssistant, desk: Callable[..., Any], finger: VirtualTerminal
) -> None:
    sits = await desk(finger)
    assert (await sits.enrol(FINGER, "fingerprint"))["success"]
    await finger.wait_for(lambda: finger.machine.enrolment)
    assert (await asked(sits.client, "enrol_cancel", serial=FINGER))["success"]
    await sits.until_step(FINGER, "cancelled")
    assert not (await asked(sits.client, "enrol_cancel", serial=FINGER))["success"]
    # The terminal's own screen does not know.
    finger.scan_enrolment()
    assert strangers(finger, sits)
    await finger.wait_for(lambda: not strangers(finger, sits))
    assert not finger.users[sits.number].credentials.get(0)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (await performed(sits.client, "get_differences"))["result"]["differences"] == []


async def test_a_terminal_that_goes_away_says_what_to_do_and_keeps_nobody(
    hass: HomeAssistant, desk: Callable[..., Any], finger: VirtualTerminal
) -> None:
    sits = await desk(finger)
    assert (await sits.enrol(FINGER, "fingerprint"))["success"]
    await finger.wait_for(lambda: finger.machine.enrolment)
    await finger.drop()
    failed = (await sits.until_step(FINGER, "failed"))[-1]
    assert failed["key"] == "enrolment_away"
    if finger.machine.enrolment is not None:
        finger.scan_enrolment()
    await finger.wait_registered()
    await finger.wait_for(lambda: not strangers(finger, sits))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not finger.users[sits.number].credentials.get(0)


async def test_who_has_left_meanwhile_gets_nothing(
    hass: HomeAssistant, desk: Callable[..., Any], finger: VirtualTerminal
) -> None:
    sits = await desk(finger)
    number = sits.number
    assert (await sits.enrol(FINGER, "fingerprint"))["success"]
    await finger.wait_for(lambda: finger.machine.enrolment)
    assert (await performed(sits.client, "remove_person", person_id=sits.zoe))["success"]
    await finger.wait_for(lambda: number not in finger.users)
    finger.scan_enrolment()
    failed = (await sits.until_step(FINGER, "failed"))[-1]
    assert failed["key"] == "house_not_known"
    await finger.wait_for(lambda: set(finger.users) == {1})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert set(finger.users) == {1}


def picture(width: int = 900, height: int = 1200) -> str:
    written = BytesIO()
    Image.new("RGB", (width, height), "#886644").save(written, "JPEG")
    return base64.b64encode(written.getvalue()).decode()


async def test_a_photo_is_made_fit_and_becomes_a_face(
    hass: HomeAssistant, hub: Hub, desk: Callable[..., Any], face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    sits = await desk(face, finger)
    wanted = {"serial": FACE, "person_id": sits.zoe}
    answer = await asked(sits.client, "enrol_photo", **wanted, photo="bm8gcGljdHVyZQ==")
    assert answer["error"]["translation_key"] == "photo_not_a_picture"
    assert (await asked(sits.client, "enrol_photo", **wanted, photo=picture()))["success"]
    seen = await sits.until_step(FACE, "done", "failed")
    assert seen[-1]["step"] == "done"
    kept = face.users[sits.number].credentials[PHOTO]
    with Image.open(BytesIO(base64.b64decode(str(kept)))) as opened:
        assert (opened.width, opened.height) == (480, 640)
    # The other terminal knows no faces: it is not asked for one, and not told to be out of step.
    await hass.async_block_till_done(wait_background_tasks=True)
    assert PHOTO not in finger.users[sits.number].credentials
    people = (await performed(sits.client, "get_people", person_id=sits.zoe))["result"]["people"]
    assert {it["state"] for it in people[0]["placements"]} == {"in_step"}

    face.faults = Faults(refuse_kinds={"photo": {"reason": 5, "msg": "no face"}})
    assert (await asked(sits.client, "enrol_photo", **wanted, photo=picture()))["success"]
    assert (await sits.until_step(FACE, "failed"))[-1]["key"] == "refused_no_face"


async def test_what_cannot_be_is_said_before_anybody_is_asked(
    hass: HomeAssistant, desk: Callable[..., Any], finger: VirtualTerminal, face: VirtualTerminal
) -> None:
    sits = await desk(finger)
    takes = (await _takes(sits))[FINGER]
    assert (takes["fingerprint"], takes["card"], takes["face"], takes["photo"]) == ("yes", "yes", "no", "no")
    cases = (
        (await sits.enrol(FINGER, "face"), "enrolment_not_taken"),
        (await sits.enrol(FINGER, "fingerprint", 10), "no_such_index"),
        (await sits.enrol(FACE, "face"), "enrolment_observed"),
        (await sits.enrol("NOBODY", "face"), "not_a_terminal"),
        (await asked(sits.client, "enrol_cancel", serial=FINGER), "no_enrolment"),
    )
    for answer, key in cases:
        assert not answer["success"]
        assert answer["error"]["translation_key"] == key
    stranger = (await performed(sits.client, "add_person", name="Bea"))["result"]["person_id"]
    answer = await asked(sits.client, "enrol", serial=FINGER, person_id=stranger, credential="card")
    assert answer["error"]["translation_key"] == "enrolment_no_door"
    assert (await sits.enrol(FINGER, "card"))["success"]
    assert (await sits.enrol(FINGER, "card"))["error"]["translation_key"] == "enrolment_busy"
    await scans(finger)
    await sits.until_step(FINGER, "done")
    await finger.stop()
    await hass.async_block_till_done()
    assert (await sits.enrol(FINGER, "card"))["error"]["translation_key"] == "terminal_offline"


async def _takes(sits: Desk) -> Told:
    assert (await asked(sits.client, "enrolment"))["success"]
    takes: Told = (await told(sits.client, lambda it: "takes" in it))["takes"]
    return takes
