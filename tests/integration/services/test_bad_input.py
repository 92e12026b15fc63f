"""What is wrong is said by the name of its field, and nothing of it reaches a terminal."""

from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
import pytest
import voluptuous as vol

from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from simulator import Faults, VirtualTerminal

from ..conftest import CONTROLLER, FACE
from .test_actions import act

LONG = "ü" * 40  # 80 bytes, 40 characters
NEW_CARD = {"name": "X", "credential": "card"}
NEW_PHOTO = {"name": "X", "credential": "photo"}
# What is asked by the integration itself, at any time.
QUESTIONS = frozenset({"getdevlock", "getuserlist", "getusername"})


def changes(terminal: VirtualTerminal) -> int:
    """Return how many commands a terminal has got for somebody."""
    return sum("cmd" in frame and frame["cmd"] not in QUESTIONS for frame in terminal.received)


@pytest.mark.parametrize(
    ("action", "data", "key", "field"),
    [
        ("set_settings", {"volume": 11}, "out_of_range", "volume"),
        ("set_settings", {"volume": -1}, "out_of_range", "volume"),
        ("set_settings", {"terminal_number": 2**40}, "out_of_range", "terminal_number"),
        ("set_settings", {}, "nothing_to_change", None),
        ("set_user", {"enroll_id": 0, "name": "X"}, "out_of_range", "enroll_id"),
        ("set_user", {"enroll_id": 1, "name": LONG}, "text_too_long", "name"),
        ("set_user", {"enroll_id": 1, "name": "a\x00b"}, "invalid_text", "name"),
        ("set_user", {"enroll_id": 1, "password": "123456789"}, "out_of_range", "password"),
        ("set_user", {"enroll_id": 1, "group": 10}, "out_of_range", "group"),
        ("set_credential", {"enroll_id": 1, "credential": "card", "value": "12a"}, "invalid_digits", "value"),
        ("set_credential", {"enroll_id": 1, "credential": "card"}, "value_missing", "value"),
        ("set_credential", {"enroll_id": 1, "credential": "palm", "index": 2, "value": "x"}, "no_such_index", "index"),
        ("set_user_message", {"message": "ä" * 101}, "text_too_long", "message"),
        ("set_user_access", {"enroll_id": 1, "week_zone": 9}, "out_of_range", "week_zone"),
        ("set_user_access", {"enroll_id": 1}, "nothing_to_change", None),
        ("set_access_settings", {}, "nothing_to_change", None),
        ("set_access_settings", {"open_delay": 256}, "out_of_range", "open_delay"),
        ("set_access_settings", {"day_zones": {9: []}}, "out_of_range", "day_zones"),
        (
            "set_access_settings",
            {"week_zones": {1: {"tue": [{"from": "07:00", "to": "08:00"}] * 6}}},
            "too_many",
            "week_zones.1.tue",
        ),
        ("set_access_settings", {"groups_together": [[1, 2, 3, 4, 5]]}, "out_of_range", "groups_together[0]"),
        (
            "set_holidays",
            {"holidays": [{"name": "X", "start_day": "02-30", "end_day": "03-01"}]},
            "invalid_text",
            "holidays[0].start_day",
        ),
        ("set_questionnaire", {}, "nothing_to_change", None),
        ("set_questionnaire", {"single_choice": False, "items": ["a"] * 9}, "too_many", "items"),
        ("open_door", {"door": 2}, "door_unknown", "door"),
        ("open_door", {"door": 1, "all_doors": True}, "door_or_all", None),
        ("delete_all_users", {"confirm": False}, "not_confirmed", "confirm"),
        ("initialize", {"confirm": False}, "not_confirmed", "confirm"),
        ("clear_admins", {"confirm": False}, "not_confirmed", "confirm"),
        ("clear_all_user_access", {"confirm": False}, "not_confirmed", "confirm"),
        ("send_command", {"command": {}}, "invalid_text", "cmd"),
        ("send_command", {"command": {"cmd": "x" * 33}}, "invalid_text", "cmd"),
        ("send_command", {"command": {"cmd": "opendoor"}}, "too_few", "doornum"),
        ("send_command", {"command": {"cmd": "opendoor", "doornum": None}}, "too_few", "doornum"),
        ("send_command", {"command": {"cmd": " OpenDoor "}}, "too_few", "doornum"),
        ("send_command", {"command": {"cmd": "gettime", "data": {"cmd": "opendoor"}}}, "invalid_text", "cmd"),
        ("send_command", {"command": {"cmd": "settime", "x": 2**70}}, "invalid_text", "settime"),
        ("get_user", {"enroll_id": 55}, "person_unknown", None),
        (
            "add_user",
            {"name": "X", "credential": "card", "photo_file": "/x.jpg"},
            "photo_without_photo_credential",
            "photo_file",
        ),
        (
            "add_user",
            {"name": "X", "credential": "photo", "photo_file": "/etc/passwd"},
            "path_not_allowed",
            "photo_file",
        ),
        (
            "add_user",
            {"name": "X", "credential": "photo", "photo_entity": "image.none"},
            "photo_not_found",
            "photo_entity",
        ),
    ],
)
async def test_what_is_wrong_is_named(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    action: str,
    data: dict[str, Any],
    key: str,
    field: str | None,
) -> None:
    before = changes(face)
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, hub, FACE, action, **data)
    assert error.value.translation_key == key
    assert (error.value.translation_placeholders or {}).get("field") == field
    assert changes(face) == before
    assert str(error.value) != ""


@pytest.mark.parametrize(
    ("action", "data", "key"),
    [
        ("set_time", {"time": "tomorrow"}, "invalid_date"),
        ("set_user", {"enroll_id": 1.5}, "invalid_number"),
        ("set_user", {"enroll_id": 1, "valid_from": "2026-13-01 00:00:00"}, "invalid_date"),
        ("set_user", {"enroll_id": 1, "verify_mode": "smell"}, "invalid_choice"),
        (
            "set_user_names",
            {"names": [{"enroll_id": number, "name": "X"} for number in range(1, 52)]},
            "too_many_values",
        ),
        ("set_access_settings", {"week_zones": {1: {"monday": []}}}, "invalid_choice"),
        ("set_access_settings", {"day_zones": {1: [{"from": "7", "to": "08:00"}]}}, "invalid_time_of_day"),
        ("set_access_settings", {"groups_together": [[12]]}, "out_of_range"),
        ("control_door", {"function": "explode"}, "invalid_choice"),
        (
            "add_user",
            {"name": "X", "credential": "photo", "photo_file": "a", "photo_entity": "image.b"},
            "photo_from_one_source",
        ),
        ("copy_user", {"enroll_id": 1, "to": []}, "house_empty"),
        ("set_user", {}, "field_missing"),
        ("set_user", {"enroll_id": 1, "nickname": "X"}, "field_unknown"),
        ("set_user", {"enroll_id": 1, "enabled": "perhaps"}, "invalid_truth"),
        ("set_user", {"enroll_id": 1, "name": "  "}, "house_empty"),
        ("set_user_names", {"names": [{"enroll_id": 1, "name": ""}]}, "house_empty"),
        ("set_access_settings", {"groups_together": [[]]}, "house_empty"),
        # Half a character ends the process in the library that reads times.
        ("set_time", {"time": "2026-01-01\ud800"}, "invalid_date"),
        # No zone has these times: they would be kept, and nothing that shows them would work any more.
        ("set_time", {"time": "0001-01-01T00:00:00+14:00"}, "out_of_range"),
        ("get_attendance", {"last_day": "0001-01-01"}, "out_of_range"),
        ("create_pass", {"name": "X", "valid_from": "0001-01-01T00:00:00+14:00"}, "out_of_range"),
        ("create_pass", {"name": "X", "valid_until": "9999-12-31T23:59:59-12:00"}, "out_of_range"),
        ("create_pass", {"name": "a\x00b"}, "invalid_text"),
        ("create_pass", {"name": "X", "filename": "\U00020000" * 100}, "invalid_filename"),
        ("set_credential", {"enroll_id": 1, "credential": "card", "value": "9" * 5000}, "value_too_long"),
        ("set_credential", {"enroll_id": 1, "credential": "card", "value": "1", "name": "a\u202eb"}, "invalid_text"),
    ],
)
async def test_what_has_the_wrong_shape_is_refused(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, action: str, data: dict[str, Any], key: str
) -> None:
    before = changes(face)
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, hub, FACE, action, **data)
    assert error.value.translation_key == key
    assert changes(face) == before


async def test_a_device_that_is_no_terminal(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    for device_id, key in (("nonsense", "service_device_not_found"), (stale_device(hass, hub), "not_a_terminal")):
        with pytest.raises(ServiceValidationError) as error:
            await hass.services.async_call("timmy_access", "restart", {"device_id": device_id}, blocking=True)
        assert error.value.translation_key == key


def stale_device(hass: HomeAssistant, hub: Hub) -> str:
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=hub._entry.entry_id, identifiers={("timmy_access", "ZX77777777")}
    )
    return device.id


async def test_a_door_stands_for_its_terminal(hass: HomeAssistant, hub: Hub, controller: VirtualTerminal) -> None:
    (door, *_) = dr.async_child_entries_for_config_entry(dr.async_get(hass), hub._entry.entry_id)
    await hass.services.async_call("timmy_access", "set_settings", {"device_id": door.id, "volume": 2}, blocking=True)
    assert controller.settings["volume"] == 2


async def test_a_command_that_names_no_door_is_for_one_door(
    hass: HomeAssistant, hub: Hub, controller: VirtualTerminal
) -> None:
    before = changes(controller)
    for function in ("hold_closed", "hold_open", "open"):
        with pytest.raises(ServiceValidationError) as error:
            await act(hass, hub, CONTROLLER, "control_door", function=function)
        assert error.value.translation_key == "needs_one_door"
    assert changes(controller) == before
    await act(hass, hub, CONTROLLER, "control_door", function="normal")


async def test_all_doors_are_opened_by_name(hass: HomeAssistant, hub: Hub, controller: VirtualTerminal) -> None:
    await act(hass, hub, CONTROLLER, "open_door", all_doors=True)
    numbers = [frame["doornum"] for frame in controller.received if frame.get("cmd") == "opendoor"]
    assert numbers == [1, 2, 3, 4]
    controller.faults.refuse["opendoor"] = {"reason": 1}
    with pytest.raises(HomeAssistantError):
        await act(hass, hub, CONTROLLER, "open_door", all_doors=True)


@pytest.mark.parametrize(
    ("faults", "key"),
    [
        (Faults(refuse={"getdevinfo": {"reason": 1, "msg": "busy now"}}), "command_refused"),
        (Faults(silent={"getdevinfo"}), "question_timeout"),
    ],
)
async def test_a_terminal_that_refuses_or_is_silent(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    monkeypatch: pytest.MonkeyPatch,
    faults: Faults,
    key: str,
) -> None:
    monkeypatch.setattr("custom_components.timmy_access.protocol.commands.GetSettings.timeout", 0.05)
    face.faults = faults
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, hub, FACE, "get_settings")
    assert error.value.translation_key == key
    assert "Front door" in str(error.value)
    if key == "command_refused":
        assert "busy now" in str(error.value)


async def test_a_terminal_that_is_away(hass: HomeAssistant, hub: Hub) -> None:
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, hub, FACE, "get_users")
    assert error.value.translation_key == "terminal_offline"


def broken_avif() -> bytes:
    """Return a picture whose head is right, and the rest nothing."""
    written = BytesIO()
    Image.new("RGB", (64, 64)).save(written, "AVIF")
    head, mark, picture = written.getvalue().partition(b"mdat")
    return head + mark + bytes(len(picture))


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("large.jpg", b"\xff\xd8" + bytes(5 * 1024 * 1024), "photo_too_large"),
        ("text.jpg", b"no picture", "photo_not_a_picture"),
        ("missing.jpg", None, "photo_not_found"),
        ("broken.avif", broken_avif(), "photo_not_a_picture"),
    ],
    ids=["large", "text", "missing", "broken"],
)
async def test_photos_that_are_none(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    tmp_path: Path,
    name: str,
    content: bytes | None,
    key: str,
) -> None:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    before = changes(face)
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, hub, FACE, "add_user", name="X", credential="photo", photo_file=str(path))
    assert error.value.translation_key == key
    assert changes(face) == before


async def test_a_photo_is_made_to_fit(hass: HomeAssistant, hub: Hub, face: VirtualTerminal, tmp_path: Path) -> None:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    path = tmp_path / "phone.png"
    Image.effect_noise((1600, 1200), 90).save(path)
    await act(hass, hub, FACE, "add_user", name="X", credential="photo", photo_file=str(path))
    assert face.users[2].credentials.keys() == {50}
    face.faults.refuse["setuserinfo"] = {"reason": 5}
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, hub, FACE, "set_credential", enroll_id=2, credential="photo", photo_file=str(path))
    assert error.value.translation_key == "refused_no_face"


@pytest.mark.parametrize("said", [2, -1, 0.5, float("nan"), float("inf"), 2**70, "perhaps", [], None])
async def test_only_yes_says_that_something_is_meant(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, said: Any
) -> None:
    """No number that a template has counted, and nothing that is none."""
    before, openings = changes(face), face.doors[1].openings
    for action, data in (
        ("initialize", {"confirm": said}),
        ("delete_all_users", {"confirm": said}),
        ("open_door", {"all_doors": said}),
        ("reply_qr_code", {"access": said}),
    ):
        with pytest.raises((vol.Invalid, ServiceValidationError)):
            await act(hass, hub, FACE, action, **data)
    assert (changes(face), face.doors[1].openings) == (before, openings)
