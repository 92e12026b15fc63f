"""The photo of the latest punch: a picture and nothing else, and nowhere else."""

import base64
from http import HTTPStatus
from io import BytesIO

from PIL import Image
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.timmy_access import image as image_module
from custom_components.timmy_access.terminal import photo
from custom_components.timmy_access.terminal.moments import PunchPhoto
from custom_components.timmy_access.terminal.photo import Photo, decode_photo
from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from simulator import PUNCH_PHOTO, VirtualTerminal

from ..conftest import FACE, FINGER
from ..until import state_of, until, until_state

pytestmark = pytest.mark.usefixtures("moments_shown")

PHOTO = "image.front_door_latest_punch_photo"
JPEG = base64.b64decode(PUNCH_PHOTO)


def picture(form: str, size: int) -> bytes:
    """Return a valid picture that hardly compresses."""
    buffer = BytesIO()
    Image.effect_noise((size, size), 80).save(buffer, form)
    return buffer.getvalue()


async def shown(hass: HomeAssistant, client: ClientSessionGenerator) -> tuple[str, bytes]:
    """Return what a browser gets."""
    response = await (await client()).get(f"/api/image_proxy/{PHOTO}")
    assert response.status == HTTPStatus.OK
    return response.content_type, await response.read()


async def test_only_terminals_with_a_camera_have_it_and_it_is_off(
    hass: HomeAssistant, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    registry = er.async_get(hass)
    entity = registry.async_get(
        registry.async_get_entity_id("image", "timmy_access", f"{FACE}_latest_punch_photo") or ""
    )
    assert entity is not None
    assert entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert registry.async_get_entity_id("image", "timmy_access", f"{FINGER}_latest_punch_photo") is None


@pytest.mark.usefixtures("all_enabled")
async def test_a_punch_shows_its_photo(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, face: VirtualTerminal, caplog: pytest.LogCaptureFixture
) -> None:
    assert state_of(hass, PHOTO).state == STATE_UNKNOWN
    face.punch(1)
    state = await until(hass, PHOTO, lambda state: state.state != STATE_UNKNOWN)
    assert await shown(hass, hass_client) == ("image/jpeg", JPEG)
    taken = dt_util.parse_datetime(state.state)
    access = state_of(hass, "event.front_door_access").attributes["occurred_at"]
    assert taken == dt_util.parse_datetime(access)
    assert all(PUNCH_PHOTO[:40] not in str(state.as_dict()) for state in hass.states.async_all())
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("custom_components")]
    assert not any(PUNCH_PHOTO[-60:-20] in line for line in ours)


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize(
    ("form", "size", "content_type"),
    [("JPEG", 40, "image/jpeg"), ("PNG", 40, "image/png"), ("JPEG", 500, "image/jpeg")],
    ids=["small", "png", "large"],
)
async def test_photos_of_every_size_and_form(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    face: VirtualTerminal,
    form: str,
    size: int,
    content_type: str,
) -> None:
    data = picture(form, size)
    face.punch(1, image=f"data:{content_type};base64,{base64.b64encode(data).decode()}")
    await until(hass, PHOTO, lambda state: state.state != STATE_UNKNOWN)
    assert await shown(hass, hass_client) == (content_type, data)


@pytest.mark.usefixtures("all_enabled")
@pytest.mark.parametrize(
    "record",
    [
        base64.b64encode(b"GIF89a" + bytes(40)).decode(),
        base64.b64encode(b"<script>alert(1)</script>").decode(),
        "/9j/4AAQ=A",
        "ключ",
    ],
)
async def test_what_is_no_photo_is_not_shown(hass: HomeAssistant, face: VirtualTerminal, record: str) -> None:
    face.punch(1, image=record)
    await until_state(hass, "sensor.front_door_latest_punch", "Ada Lovelace")
    assert state_of(hass, PHOTO).state == STATE_UNKNOWN


@pytest.mark.usefixtures("all_enabled")
async def test_a_photo_that_is_too_large_is_not_shown(
    hass: HomeAssistant, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo, "MAX_PHOTO_BYTES", 100)
    face.punch(1)
    await until_state(hass, "sensor.front_door_latest_punch", "Ada Lovelace")
    assert state_of(hass, PHOTO).state == STATE_UNKNOWN


@pytest.mark.usefixtures("all_enabled")
async def test_a_large_photo_never_replaces_a_later_small_one(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, face: VirtualTerminal
) -> None:
    entity = hass.data["entity_components"]["image"].get_entity(PHOTO)
    assert isinstance(entity, image_module.PunchImage)
    large = base64.b64encode(picture("JPEG", 500)).decode()
    assert len(large) > photo.SMALL_TEXT
    for record in (large, PUNCH_PHOTO):
        entity._async_on_moment(PunchPhoto(occurred_at=dt_util.utcnow(), record=record))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await shown(hass, hass_client) == ("image/jpeg", JPEG)
    assert entity._latest is None  # the text is not kept


@pytest.mark.usefixtures("all_enabled")
async def test_it_stays_while_the_terminal_is_away(hass: HomeAssistant, face: VirtualTerminal) -> None:
    face.punch(1)
    before = await until(hass, PHOTO, lambda state: state.state != STATE_UNKNOWN)
    await face.wait_sent()
    await face.stop()
    await until_state(hass, "binary_sensor.front_door_connectivity", "off")
    assert state_of(hass, PHOTO).state == before.state


def test_a_picture_shows_nothing_of_itself_in_a_log() -> None:
    assert decode_photo(PUNCH_PHOTO) == Photo(content_type="image/jpeg", data=JPEG)
    assert repr(decode_photo(PUNCH_PHOTO)) == "Photo(content_type='image/jpeg')"
    assert PUNCH_PHOTO not in repr(PunchPhoto(occurred_at=dt_util.utcnow(), record=PUNCH_PHOTO))
