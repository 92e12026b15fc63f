"""Somebody stands at a door with a pass, or without one."""

import asyncio
from base64 import b64decode
from datetime import timedelta
from http import HTTPStatus
import io
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from PIL import Image
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.timmy_access.guests.book import REPEAT_SECONDS
from custom_components.timmy_access.guests.passbook import CODE_LETTERS, PIN_DIGITS
from custom_components.timmy_access.guests.tries import FIRST_PAUSE, MAX_TOLD, MAX_TOLD_IN_ALL, MAX_WRONG, TOLD_SECONDS
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Ledger, LedgerUnavailable
from custom_components.timmy_access.ledger.errors import Cause
from custom_components.timmy_access.protocol import exchange
from custom_components.timmy_access.protocol.commands import GetSettings, GetTime
from homeassistant.components.calendar.const import DATA_COMPONENT
from homeassistant.components.demo.calendar import DemoCalendar, calendar_data_current, calendar_data_future
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..conftest import ADA, CONTROLLER, FACE, FINGER, Jump, MakeTerminal, connected
from ..services.test_actions import act
from ..until import listen, state_of, until

pytestmark = pytest.mark.usefixtures("moments_shown")

CODE = "event.front_door_code"
EVENT = "timmy_access_event"
WRONG = "NOBODY HAS THIS CODE"


async def make_pass(hass: HomeAssistant, hub: Hub, serial: str = FACE, **data: Any) -> dict[str, Any]:
    made = await act(hass, hub, serial, "create_pass", **{"name": "Plumber", **data})
    assert made is not None
    return made


async def passes(hass: HomeAssistant, hub: Hub, serial: str = FACE, **data: Any) -> list[dict[str, Any]]:
    found = await act(hass, hub, serial, "get_passes", **data)
    assert found is not None
    return found["passes"]  # type: ignore[no-any-return]


def told(heard: list[Event]) -> list[tuple[str, str | None]]:
    """Return what events said about codes, and why."""
    return [(event.data["kind"], event.data["reason"]) for event in heard if event.data["type"] == "code"]


def automation(hass: HomeAssistant, hub: Hub, action: str, serial: str = FACE, **data: Any) -> CALLBACK_TYPE:
    """Answer every question as an automation does, until the returned function is called."""

    @callback
    def _asked(event: Event) -> None:
        if event.data.get("request_id"):
            reply = act(hass, hub, serial, action, request_id=event.data["request_id"], **data)
            hass.async_create_task(reply)

    return hass.bus.async_listen(EVENT, _asked)


def door_of(hass: HomeAssistant, number: int) -> str:
    """Return the device of a door of the controller."""
    children = dr.async_child_entries_for_config_entry(
        dr.async_get(hass), hass.config_entries.async_entries("timmy_access")[0].entry_id
    )
    return next(c.id for c in children if ("timmy_access", f"{CONTROLLER}_door{number}") in c.identifiers)


def without_window(hub: Hub, serial: str = FACE, **data: Any) -> None:
    """Have no automation asked, for as long as the terminal is approved."""
    entry, terminal = hub._entry, hub.terminals[serial]
    subentry = entry.subentries[terminal.subentry_id]
    chosen = {**subentry.data, "decision_window": 0, **data}
    hub._hass.config_entries.async_update_subentry(entry, subentry, data=chosen)
    terminal.verdicts.async_apply(chosen)


async def test_a_pass_opens(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    made = await make_pass(hass, hub)
    assert len(made["code"]) == CODE_LETTERS
    assert "pin" not in made
    png = Image.open(io.BytesIO(b64decode(made["png"].removeprefix("data:image/png;base64,"))))
    assert png.width == png.height >= 200
    assert made["svg"].startswith("<svg")
    assert made["share_text"] == "Pass for Plumber: hold the QR code to the reader at Front door."
    reply = await face.scan_qr(made["code"])
    assert reply == {
        "ret": "sendqrcode",
        "result": True,
        "sn": FACE,
        "access": 1,
        "username": "Plumber",
        "message": "Welcome Plumber",
    }
    await face.wait_opened(1)
    state = await until(hass, CODE, lambda state: state.attributes.get("event_type") == "granted")
    assert (state.attributes["pass_name"], state.attributes["pass_id"]) == ("Plumber", made["pass_id"])
    await hass.async_block_till_done(wait_background_tasks=True)
    (held,) = await passes(hass, hub, include_uses=True)
    assert (held["name"], held["state"], held["uses"]) == ("Plumber", "active", 1)
    assert [(use["terminal"], use["door"]) for use in held["used"]] == [("Front door", 1)]


async def test_the_pass_of_a_person_says_who_comes_in(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    made = await make_pass(hass, hub, enroll_id=1)
    reply = await face.scan_qr(made["code"])
    assert (reply["enrollid"], reply["username"], reply["message"]) == (1, ADA, f"Welcome {ADA}")
    state = await until(hass, CODE, lambda state: state.attributes.get("event_type") == "granted")
    assert (state.attributes["enroll_id"], state.attributes["person"]) == (1, ADA)


@pytest.mark.parametrize(("method", "outcome"), [(13, ("granted", "pass")), (1, ("unknown", "terminal"))])
async def test_the_record_of_a_pass_says_so(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, method: int, outcome: tuple[str, str]
) -> None:
    """The one that the terminal makes of it: not another punch of the same person, nor a second one."""
    made = await make_pass(hass, hub, enroll_id=1)
    assert (await face.scan_qr(made["code"]))["access"] == 1
    await until(hass, CODE, lambda state: state.attributes.get("event_type") == "granted")
    for key, mode in enumerate((method, 13)):
        face.machine.log(
            {"enrollid": 1, "time": f"{dt_util.now():%Y-%m-%d %H:%M:%S}", "mode": mode, "inout": 0, "event": key}
        )
        await face.wait_sent()
        await hass.async_block_till_done(wait_background_tasks=True)
    found = await act(hass, hub, FACE, "get_logs")
    assert found is not None
    told_of = [(record["outcome"], record["decided_by"]) for record in reversed(found["records"])]
    assert told_of[0] == outcome
    assert told_of[1] == (("unknown", "terminal") if method == 13 else ("granted", "pass"))


async def test_the_pass_of_a_person_who_is_disabled_opens_nothing(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    made = await make_pass(hass, hub, enroll_id=1)
    await act(hass, hub, FACE, "disable_user", enroll_id=1)
    assert (await face.scan_qr(made["code"]))["access"] == 0
    state = await until(hass, CODE, lambda state: state.attributes.get("event_type") == "refused")
    assert state.attributes["reason"] == "person_disabled"
    await act(hass, hub, FACE, "enable_user", enroll_id=1)
    assert (await face.scan_qr(made["code"]))["access"] == 1


async def test_a_pin_opens_too(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    made = await make_pass(hass, hub, with_pin=True, max_uses=5, valid_until="2099-01-01T12:00:00")
    assert len(made["pin"]) == PIN_DIGITS
    assert made["share_text"].splitlines()[1:] == [
        f"Or type {made['pin']}.",
        "Valid until Jan 1, 2099, 12:00 PM.",
        "Good for 5 entries.",
    ]
    reply = await face.enter_pin(made["pin"])
    assert (reply["access"], reply["name"]) == (1, "Plumber")
    await face.wait_opened(1)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"valid_from": "2099-01-01T00:00:00"}, "not_yet_valid"),
        ({"max_uses": 1}, "used_up"),
        ({"weekdays": ["mon", "sun"]}, "not_now"),
        ({"start_time": "12:30", "end_time": "13:00"}, "not_now"),
    ],
)
async def test_a_pass_does_not_open_outside_its_rules(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    freezer: FrozenDateTimeFactory,
    rules: dict[str, Any],
    reason: str,
) -> None:
    freezer.move_to("2026-11-25T20:00:00Z")  # a Wednesday, noon in California
    heard = listen(hass, EVENT)
    without_window(hub)
    made = await make_pass(hass, hub, **rules)
    if "max_uses" in rules:
        assert (await face.scan_qr(made["code"]))["access"] == 1
        freezer.tick(timedelta(seconds=REPEAT_SECONDS))
    reply = await face.scan_qr(made["code"])
    assert (reply["access"], reply["message"]) == (0, "Ask at the desk")
    assert told(heard)[-1] == ("refused", reason)


async def test_an_expired_pass_can_be_extended(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, freezer: FrozenDateTimeFactory
) -> None:
    heard = listen(hass, EVENT)
    without_window(hub)
    until_then = dt_util.utcnow() + timedelta(hours=1)
    made = await make_pass(hass, hub, valid_until=until_then.isoformat())
    freezer.tick(timedelta(hours=1))
    assert (await face.scan_qr(made["code"]))["access"] == 0
    assert told(heard)[-1] == ("refused", "expired")
    assert await passes(hass, hub) == []
    (held,) = await passes(hass, hub, include_ended=True)
    assert held["state"] == "expired"
    later = (until_then + timedelta(hours=1)).isoformat()
    await act(hass, hub, FACE, "extend_pass", pass_id=made["pass_id"], valid_until=later)
    assert (await face.scan_qr(made["code"]))["access"] == 1


async def test_a_revoked_pass_is_revoked_for_good(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    heard = listen(hass, EVENT)
    without_window(hub)
    made = await make_pass(hass, hub)
    await act(hass, hub, FACE, "revoke_pass", pass_id=made["pass_id"])
    assert (await face.scan_qr(made["code"]))["access"] == 0
    assert told(heard)[-1] == ("refused", "revoked")
    for action in ("revoke_pass", "extend_pass"):
        more = {"max_uses": 3} if action == "extend_pass" else {}
        with pytest.raises(HomeAssistantError) as caught:
            await act(hass, hub, FACE, action, pass_id=made["pass_id"], **more)
        assert caught.value.translation_key == "pass_revoked"


async def test_a_pass_opens_no_other_terminal(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> None:
    other = await connected(hass, make_terminal("ai_face", FINGER))
    heard = listen(hass, EVENT)
    without_window(hub, FINGER)
    made = await make_pass(hass, hub, FACE)
    assert (await other.scan_qr(made["code"]))["access"] == 0
    assert told(heard)[-1] == ("refused", "wrong_door")
    assert await passes(hass, hub, FINGER) == []
    assert not other.doors[1].is_open


async def test_a_pass_for_one_door_of_several_opens_just_that(
    hass: HomeAssistant, hub: Hub, controller: VirtualTerminal
) -> None:
    made = await hass.services.async_call(
        "timmy_access",
        "create_pass",
        {"device_id": [door_of(hass, 3)], "name": "Courier"},
        blocking=True,
        return_response=True,
    )
    assert made is not None
    assert made["share_text"] == "Pass for Courier: hold the QR code to the reader at Warehouse Door 3."
    await controller.send({"cmd": "sendqrcode", "sn": CONTROLLER, "record": made["code"]})
    reply = await controller.wait_for(
        lambda: next((frame for frame in controller.received if frame.get("ret") == "sendqrcode"), None)
    )
    # Allowed to open by itself, a controller would open a door of its own choice.
    assert (reply["access"], reply["message"]) == (0, "Welcome Courier")
    await controller.wait_opened(3)
    assert [number for number, door in controller.doors.items() if door.openings] == [3]
    (held,) = await passes(hass, hub, CONTROLLER)
    assert held["doors"] == [{"terminal": "Warehouse", "doors": [3]}]


async def test_a_pass_for_one_door_of_several_opens_nothing_late(
    hass: HomeAssistant, hub: Hub, controller: VirtualTerminal, jump: Jump, caplog: pytest.LogCaptureFixture
) -> None:
    third = door_of(hass, 3)
    made = await hass.services.async_call(
        "timmy_access", "create_pass", {"device_id": [third], "name": "Courier"}, blocking=True, return_response=True
    )
    assert made is not None
    controller.faults.silent.add("getdevinfo")
    received = len(controller.received)
    blocking = hass.async_create_task(hub.terminals[CONTROLLER].async_request(GetSettings()))
    await controller.wait_received("getdevinfo", after=received)
    await controller.send({"cmd": "sendqrcode", "sn": CONTROLLER, "record": made["code"]})
    await controller.send({"cmd": "checklive", "sn": CONTROLLER})
    await controller.wait_received("checklive", after=received)  # so the scan is being decided about
    jump(exchange.DOOR_WRITE_SECONDS)
    assert (await controller.wait_received("sendqrcode", after=received))["access"] == 0
    await controller.send({"ret": "getdevinfo", "result": True})
    await blocking
    await hub.terminals[CONTROLLER].async_request(GetTime())
    assert [frame for frame in controller.received if frame.get("cmd") == "opendoor"] == []
    assert "did not open for a pass" in caplog.text
    (held,) = await passes(hass, hub, CONTROLLER)
    assert held["uses"] == 0


async def test_a_pass_outlives_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal
) -> None:
    made = await make_pass(
        hass, hub, max_uses=2, weekdays=["mon", "tue", "wed", "thu", "fri", "sat", "sun"], with_pin=True
    )
    assert (await face.scan_qr(made["code"]))["access"] == 1
    await hass.async_block_till_done(wait_background_tasks=True)
    registered = len(face.received)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await face.wait_received("getdevlock", after=registered)
    without_window(entry.runtime_data)
    assert (await face.enter_pin(made["pin"]))["access"] == 1
    assert (await face.scan_qr(made["code"]))["access"] == 0  # used up: the first use has been remembered


async def test_an_automation_decides(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    heard = listen(hass, EVENT)
    automation(
        hass,
        hub,
        "reply_qr_code",
        access=True,
        message="Second floor",
        voice="Come in",
        name="Grace",
        enroll_id=7,
        font_size="16",
        text_color=[255, 0, 10],
    )
    reply = await face.scan_qr(WRONG)
    assert reply == {
        "ret": "sendqrcode",
        "result": True,
        "sn": FACE,
        "access": 1,
        "enrollid": 7,
        "username": "Grace",
        "message": "Second floor",
        "voice": "Come in",
        "fontsize": 16,
        "text_color": [255, 0, 10],
    }
    await face.wait_opened(1)
    assert told(heard) == [("scanned", "unknown"), ("granted", None)]


async def test_an_automation_decides_about_a_pin(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    heard = listen(hass, EVENT)
    automation(hass, hub, "reply_pin", access=False, message="Not today", voice_index=3)
    reply = await face.enter_pin("4711")
    assert reply == {"ret": "sendpin", "result": True, "access": 0, "message": "Not today", "voiceindex": 3}
    assert told(heard) == [("scanned", "unknown"), ("refused", "by_automation")]


async def test_an_answer_that_comes_late_is_an_error(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    hub.terminals[FACE].verdicts.async_apply({"decision_window": 0.05})
    heard = listen(hass, EVENT)
    assert (await face.scan_qr(WRONG))["access"] == 0
    late = heard[0].data["request_id"]
    hub.terminals[FACE].verdicts.async_apply({"decision_window": 4})
    waiting = hass.async_create_task(face.scan_qr(WRONG, timeout=8))
    state = await until(hass, CODE, lambda state: state.attributes.get("request_id") not in (None, late))
    for request_id, action in ((late, "reply_qr_code"), (state.attributes["request_id"], "reply_pin")):
        with pytest.raises(HomeAssistantError) as caught:
            await act(hass, hub, FACE, action, access=True, request_id=request_id)
        assert caught.value.translation_key == "nothing_asked"
    await act(hass, hub, FACE, "reply_qr_code", access=False, request_id=state.attributes["request_id"])
    assert (await waiting)["access"] == 0
    assert not face.doors[1].is_open


async def test_wrong_codes_are_limited(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, freezer: FrozenDateTimeFactory
) -> None:
    heard = listen(hass, EVENT)
    without_window(hub)
    made = await make_pass(hass, hub, with_pin=True)
    for number in range(MAX_WRONG):
        assert (await face.enter_pin(f"{number:08}"))["access"] == 0
    assert told(heard) == [
        *[("refused", "unknown")] * (MAX_WRONG - 1),
        ("blocked", "too_many_tries"),
        ("refused", "unknown"),
    ]
    assert (await face.enter_pin(made["pin"]))["access"] == 0
    assert len(told(heard)) == MAX_WRONG + 1  # nothing more is said
    assert (await face.scan_qr(made["code"]))["access"] == 1  # which nobody guesses
    freezer.tick(timedelta(seconds=FIRST_PAUSE))
    assert (await face.enter_pin(made["pin"]))["access"] == 1


async def test_codes_that_an_automation_knows_are_not_wrong(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    automation(hass, hub, "reply_pin", access=True)
    for number in range(MAX_WRONG + 2):
        assert (await face.enter_pin(str(number)))["access"] == 1


async def test_a_verdict_waits_for_no_database(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await make_pass(hass, hub, max_uses=3)
    let_go = asyncio.Event()
    calls: list[str] = []
    keep_use = Ledger.keep_pass_use

    async def blocked(self: Ledger, *arguments: Any) -> Any:
        calls.append("use")
        await let_go.wait()
        if len(calls) == 1:
            raise LedgerUnavailable(Cause.LOCKED)
        return await keep_use(self, *arguments)

    monkeypatch.setattr(Ledger, "keep_pass_use", blocked)
    monkeypatch.setattr("custom_components.timmy_access.terminal.patient_work.AGAIN_SECONDS", 0)
    assert (await face.scan_qr(made["code"]))["access"] == 1
    assert (await passes(hass, hub))[0]["uses"] == 1
    let_go.set()
    await face.wait_for(lambda: len(calls) == 2)
    await hass.async_block_till_done(wait_background_tasks=True)
    (held,) = await passes(hass, hub, include_uses=True)
    assert len(held["used"]) == 1
    assert len(calls) == 2


async def test_no_secret_leaves(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, caplog: pytest.LogCaptureFixture
) -> None:
    heard = listen(hass, "*")
    made = await make_pass(hass, hub, with_pin=True)
    without_window(hub)
    await face.scan_qr(made["code"])
    await face.enter_pin(made["pin"])
    await face.scan_qr(WRONG)
    await hass.async_block_till_done(wait_background_tasks=True)
    seen = json.dumps([event.as_dict() for event in heard if event.event_type != "call_service"], default=str)
    seen += json.dumps([state.as_dict() for state in hass.states.async_all()], default=str)
    seen += "".join(line.getMessage() for line in caplog.records if line.name != "websockets.client")  # the terminal's
    seen += json.dumps(await passes(hass, hub, include_uses=True))
    assert "granted" in seen
    for secret in (made["code"], made["pin"], WRONG):
        assert secret not in seen
    database = Path(hass.config.path("timmy_access.db"))
    assert made["code"].encode() not in await hass.async_add_executor_job(database.read_bytes)


async def test_a_code_that_opens_nothing_is_told_so_often_a_minute(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, freezer: FrozenDateTimeFactory
) -> None:
    """The code of a pass that is revoked makes no events without end, and keeps out nobody else."""
    without_window(hub)
    revoked, good = await make_pass(hass, hub), await make_pass(hass, hub, name="Electrician")
    await act(hass, hub, FACE, "revoke_pass", pass_id=revoked["pass_id"])
    heard = listen(hass, EVENT)
    for _ in range(4 * MAX_TOLD):
        assert (await face.scan_qr(revoked["code"]))["access"] == 0
    await hass.async_block_till_done(wait_background_tasks=True)
    assert told(heard) == [("refused", "revoked")] * MAX_TOLD
    assert (await face.scan_qr(good["code"]))["access"] == 1
    heard.clear()
    for number in range(MAX_TOLD_IN_ALL):
        await face.scan_qr(f"{WRONG} {number}")
    await hass.async_block_till_done(wait_background_tasks=True)
    kinds = [kind for kind, _ in told(heard)]
    assert kinds.count("refused") == MAX_TOLD_IN_ALL - MAX_TOLD
    assert kinds.count("blocked") == 1
    heard.clear()
    freezer.tick(TOLD_SECONDS + 1)
    await face.scan_qr(revoked["code"])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert "refused" in [kind for kind, _ in told(heard)]


def modes(*paths: Path) -> list[int]:
    """Return what others than the owner may do."""
    return [path.stat().st_mode & 0o077 for path in paths]


def link_to_secrets(folder: Path) -> None:
    (folder / "secrets.yaml").write_text("a: b")
    (folder / "timmy_access_passes" / "link.png").symlink_to(folder / "secrets.yaml")


def names_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


async def test_a_picture_can_be_a_file(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """In no folder that every user can read, and written through no link."""
    made = await make_pass(hass, hub, filename="plumber")
    folder = Path(hass.config.path("timmy_access_passes"))
    path = folder / "plumber.png"
    assert made["file"] == str(path)
    assert not any(path.is_relative_to(media) for media in hass.config.media_dirs.values())
    picture = b64decode(made["png"].removeprefix("data:image/png;base64,"))
    assert path.read_bytes() == picture
    assert modes(path, folder) == [0, 0]
    client = await hass_client_no_auth()
    response = await client.get(made["url"])  # as Home Assistant signed it for the message to the guest
    assert (response.status, await response.read()) == (HTTPStatus.OK, picture)
    assert (await client.get(made["url"].partition("?")[0])).status == HTTPStatus.UNAUTHORIZED
    precious = folder / "precious"
    precious.write_text("precious")
    (folder / "drawn.svg").symlink_to(precious)
    drawn = await make_pass(hass, hub, filename="drawn.svg")
    assert precious.read_text() == "precious"
    assert (folder / "drawn.svg").read_text() == drawn["svg"]
    (folder / "dir.png").mkdir()
    with pytest.raises(HomeAssistantError) as caught:
        await make_pass(hass, hub, filename="dir.png")
    assert caught.value.translation_key == "export_failed"
    assert names_in(folder) == ["dir.png", "drawn.svg", "plumber.png", "precious"]


@pytest.mark.parametrize(
    ("name", "reader", "status"),
    [
        ("plumber.png", "admin", HTTPStatus.OK),
        ("plumber.png", "user", HTTPStatus.UNAUTHORIZED),
        ("plumber.png", "signed by user", HTTPStatus.UNAUTHORIZED),
        ("other.png", "admin", HTTPStatus.NOT_FOUND),
        ("link.png", "admin", HTTPStatus.NOT_FOUND),
        ("..%2Fsecrets.yaml", "admin", HTTPStatus.BAD_REQUEST),
        ("secrets.yaml", "admin", HTTPStatus.NOT_FOUND),
    ],
)
async def test_a_picture_is_for_administrators(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    hass_client_no_auth: ClientSessionGenerator,
    hass_access_token: str,
    hass_read_only_access_token: str,
    name: str,
    reader: str,
    status: HTTPStatus,
) -> None:
    await make_pass(hass, hub, filename="plumber")
    link_to_secrets(Path(hass.config.config_dir))
    client = await hass_client_no_auth()
    url, headers = f"/api/timmy_access/passes/{name}", {}
    if reader == "signed by user":
        token = hass.auth.async_validate_access_token(hass_read_only_access_token)
        assert token is not None
        url = async_sign_path(hass, url, timedelta(minutes=1), refresh_token_id=token.id)
    else:
        token_of = {"admin": hass_access_token, "user": hass_read_only_access_token}
        headers = {"Authorization": f"Bearer {token_of[reader]}"}
    assert (await client.get(url, headers=headers)).status == status


@pytest.mark.parametrize(
    ("action", "data", "key", "field"),
    [
        ("create_pass", {"name": "X", "valid_until": "2001-01-01T00:00:00"}, "already_over", "valid_until"),
        (
            "create_pass",
            {"name": "X", "valid_from": "2099-01-02T00:00:00", "valid_until": "2099-01-01T00:00:00"},
            "end_before_start",
            "valid_until",
        ),
        ("create_pass", {"name": "X", "calendar": "calendar.nowhere"}, "entity_unknown", "calendar"),
        ("create_pass", {"name": "X", "tag": "stay"}, "tag_without_calendar", "tag"),
        ("create_pass", {"name": "X", "enroll_id": -1}, "out_of_range", "enroll_id"),
        ("create_pass", {"name": "X", "filename": "../x"}, "invalid_filename", "filename"),
        ("extend_pass", {"pass_id": "x"}, "nothing_to_change", None),
        ("extend_pass", {"pass_id": "x", "valid_until": "2001-01-01T00:00:00"}, "already_over", "valid_until"),
        ("extend_pass", {"pass_id": "x", "max_uses": 2}, "pass_unknown", None),
        ("revoke_pass", {"pass_id": "x"}, "pass_unknown", None),
        ("reply_qr_code", {"access": True, "message": "x" * 126}, "text_too_long", "message"),
        ("reply_qr_code", {"access": True, "text_color": [1, 2]}, "too_few", "text_color"),
        ("reply_pin", {"access": True, "name": "x\x00"}, "invalid_text", "name"),
        ("reply_access", {"access": True, "voice": "x" * 126}, "text_too_long", "voice"),
        ("reply_access", {"access": True}, "nothing_asked", None),
    ],
)
async def test_what_is_wrong_is_named(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, action: str, data: dict[str, Any], key: str, field: str | None
) -> None:
    if action.startswith("reply"):
        data = {**data, "request_id": "x"}
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, hub, FACE, action, **data)
    assert caught.value.translation_key == key, caught.value
    assert field is None or (caught.value.translation_placeholders or {})["field"] == field
    assert await passes(hass, hub, include_ended=True) == []


async def test_there_is_an_end_to_passes(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    await make_pass(hass, hub)
    with (
        patch("custom_components.timmy_access.guests.passbook.MAX_PASSES", 1),
        pytest.raises(HomeAssistantError) as caught,
    ):
        await make_pass(hass, hub)
    assert caught.value.translation_key == "too_many_passes"


async def test_a_pass_follows_a_calendar(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, freezer: FrozenDateTimeFactory
) -> None:
    assert await async_setup_component(hass, "calendar", {})
    await hass.data[DATA_COMPONENT].async_add_entities(
        [DemoCalendar(calendar_data_future(), "Calendar 1"), DemoCalendar(calendar_data_current(), "Calendar 2")]
    )
    without_window(hub)
    running = await make_pass(hass, hub, calendar="calendar.calendar_2", tag="CURRENT event")
    other = await make_pass(hass, hub, calendar="calendar.calendar_2", tag="another stay")
    to_come = await make_pass(hass, hub, calendar="calendar.calendar_1")
    await hass.async_block_till_done(wait_background_tasks=True)
    heard = listen(hass, EVENT)
    answers = [(await face.scan_qr(made["code"]))["access"] for made in (running, other, to_come)]
    assert answers == [1, 0, 0]
    assert told(heard)[1:] == [("refused", "not_now")] * 2
    await hass.async_block_till_done(wait_background_tasks=True)
    freezer.tick(timedelta(minutes=45))
    answers = [(await face.scan_qr(made["code"]))["access"] for made in (running, other, to_come)]
    assert answers == [0, 0, 1]
    for entity_id in ("calendar.calendar_1", "calendar.calendar_2"):
        await hass.data[DATA_COMPONENT].async_remove_entity(entity_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    # A calendar that is away is believed in what it said last.
    assert (await face.scan_qr(to_come["code"]))["access"] == 1


# Server approval: the terminal asks about every punch


@pytest.fixture
async def asking(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> VirtualTerminal:
    terminal = await connected(hass, make_terminal("ai_face", FACE))
    terminal.server_approval = True
    return terminal


@pytest.mark.parametrize(("approval", "access", "reason"), [("grant", 1, None), ("refuse", 0, "no_answer")])
async def test_without_an_answer_the_owners_choice_holds(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal, approval: str, access: int, reason: str | None
) -> None:
    heard = listen(hass, EVENT)
    hub.terminals[FACE].verdicts.async_apply({"server_approval": approval, "decision_window": 0.05})
    asking.punch(1)
    await asking.wait_sent()
    await hass.async_block_till_done(wait_background_tasks=True)
    reply = next(frame for frame in reversed(asking.received) if frame.get("ret") == "sendlog")
    assert (reply["access"], reply["count"]) == (access, 1)
    assert told(heard) == [("scanned", None), ("granted" if access else "refused", reason)]
    assert reply["message"] == (f"Welcome {ADA}" if access else "Ask at the desk")
    assert state_of(hass, "event.front_door_access").attributes["person"] == ADA


async def test_an_automation_decides_about_a_punch(hass: HomeAssistant, hub: Hub, asking: VirtualTerminal) -> None:
    hub.terminals[FACE].verdicts.async_apply({"server_approval": "refuse"})
    automation(hass, hub, "reply_access", access=True, message="Go ahead", voice="Hello")
    asking.punch(1)
    await asking.wait_opened(1)
    reply = next(frame for frame in reversed(asking.received) if frame.get("ret") == "sendlog")
    assert (reply["access"], reply["message"], reply["voice"]) == (1, "Go ahead", "Hello")


async def test_an_old_punch_opens_nothing(hass: HomeAssistant, hub: Hub, asking: VirtualTerminal) -> None:
    heard = listen(hass, EVENT)
    hub.terminals[FACE].verdicts.async_apply({"server_approval": "grant"})
    asking.punch(1, time=(dt_util.now() - timedelta(hours=3)).replace(tzinfo=None))
    await asking.wait_sent()
    reply = next(frame for frame in reversed(asking.received) if frame.get("ret") == "sendlog")
    assert "access" not in reply
    assert told(heard) == []


async def test_what_is_no_question_opens_nothing(hass: HomeAssistant, hub: Hub, asking: VirtualTerminal) -> None:
    """A door event, several punches, and a punch that has been answered."""
    heard = listen(hass, EVENT)
    hub.terminals[FACE].verdicts.async_apply({"server_approval": "grant", "decision_window": 0})
    now = dt_util.now().strftime("%Y-%m-%d %H:%M:%S")
    punch, other, door = ({"enrollid": number, "time": now, "mode": 8, "inout": 0, "event": 0} for number in (1, 2, 0))

    async def answer(*records: dict[str, Any]) -> dict[str, Any]:
        received = len(asking.received)
        await asking.send({"cmd": "sendlog", "sn": FACE, "count": len(records), "logindex": 9, "record": list(records)})
        reply = await asking.wait_received("sendlog", after=received)
        await hass.async_block_till_done(wait_background_tasks=True)
        return reply

    for records in ([door], [other, door], []):
        assert "access" not in await answer(*records)
    assert told(heard) == []
    assert (await answer(punch))["access"] == 1
    again = await answer(punch)
    assert "access" not in again
    assert (again["count"], again["logindex"]) == (1, 9)
    assert told(heard) == [("granted", None)]


async def test_a_decision_about_a_punch_waits_for_no_database(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = listen(hass, EVENT)
    hub.terminals[FACE].verdicts.async_apply({"server_approval": "grant", "decision_window": 0})
    let_go = asyncio.Event()
    keep = Ledger.keep

    async def blocked(self: Ledger, *arguments: Any) -> Any:
        await let_go.wait()
        return await keep(self, *arguments)

    monkeypatch.setattr(Ledger, "keep", blocked)
    asking.punch(1)
    await asking.wait_opened(1)
    reply = next(frame for frame in reversed(asking.received) if frame.get("ret") == "sendlog")
    assert reply["access"] == 1
    assert "count" not in reply  # no acknowledgement
    let_go.set()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert told(heard) == [("granted", None)]
