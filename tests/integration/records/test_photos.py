"""Photos of accesses: kept for whom the owner wants, sealed, for a while, and given to nobody else."""

import base64
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path, PurePath
import secrets
import shutil
import tarfile
from time import time
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator
from securetar import atomic_contents_add

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.records import photo_folder, photos as photos_module
from custom_components.timmy_access.records.photo_folder import Shot
from custom_components.timmy_access.records.photo_key import SEALING_BYTES, PhotoKey
from custom_components.timmy_access.records.photos import NOT_KEPT, PHOTOS, SHOWN_FOR, UNREADABLE, Photos, roots
from custom_components.timmy_access.sealing.secret_key import KEY_BYTES
from custom_components.timmy_access.terminal.moments import PunchPhoto
from homeassistant.components.backup.const import EXCLUDE_FROM_BACKUP
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import PUNCH_PHOTO, VirtualTerminal

from ..conftest import FACE, FINGER
from ..panel.told import asked, performed, told
from ..until import issues_of, until_issue

JPEG = base64.b64decode(PUNCH_PHOTO)


def another(number: int) -> str:
    """Return a photo that is another than the others, as base64."""
    return base64.b64encode(JPEG + number.to_bytes(4)).decode()


async def choose(hass: HomeAssistant, entry: MockConfigEntry, **options: Any) -> Photos:
    """Turn photos on, or choose otherwise."""
    hass.config_entries.async_update_entry(entry, options={**entry.options, "photos": True, **options})
    await hass.async_block_till_done(wait_background_tasks=True)
    return hass.data[PHOTOS][entry.entry_id]


async def punched(hass: HomeAssistant, terminal: VirtualTerminal, enroll_id: int = 1, **fields: Any) -> None:
    """Have somebody punch, and whatever comes of it be done."""
    terminal.punch(enroll_id, **fields)
    await terminal.wait_sent()
    await hass.async_block_till_done(wait_background_tasks=True)


def files(hass: HomeAssistant, entry: MockConfigEntry) -> list[Path]:
    """Return the files of photos, wherever they are."""
    return [path for root in roots(hass, entry.entry_id) for path in root.rglob("*") if path.is_file()]


async def rows(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> list[dict[str, Any]]:
    """Return the log as an administrator's browser gets it."""
    answer = await asked(await hass_ws_client(hass), "log", kind="punch")
    return answer["result"]["records"]  # type: ignore[no-any-return]


async def test_they_are_off_at_first(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    await punched(hass, face)
    assert files(hass, entry) == []
    assert [row["photo"] for row in await rows(hass, hass_ws_client)] == [None]
    answer = await asked(await hass_ws_client(hass), "log_photo", photo=f"{'a' * 32}/{'b' * 32}/{'0' * 10}-{'c' * 32}")
    assert answer["result"] == {"url": None}


async def test_a_photo_is_in_the_row_of_its_record_and_given_to_administrators(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    face: VirtualTerminal,
    hass_ws_client: WebSocketGenerator,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_read_only_access_token: str,
) -> None:
    await choose(hass, entry)
    await punched(hass, face)
    face.settings["use_logphoto"] = 0
    await punched(hass, face, 1, mode=3)
    without, with_one = await rows(hass, hass_ws_client)
    assert without["photo"] is None
    answer = await asked(await hass_ws_client(hass), "log_photo", photo=with_one["photo"])
    url = answer["result"]["url"]
    # Whoever has the signed address.
    response = await (await hass_client_no_auth()).get(url)
    assert response.status == HTTPStatus.OK
    assert response.content_type == "image/jpeg"
    assert response.headers["Cache-Control"] == "no-store"
    assert await response.read() == JPEG
    # It is of no other photo, and ends.
    other = url.replace(with_one["photo"][-4:] + "?", "0000?")
    assert (await (await hass_client_no_auth()).get(other)).status == HTTPStatus.UNAUTHORIZED
    with patch("homeassistant.components.http.auth.time.time", return_value=time() - SHOWN_FOR.total_seconds() - 1):
        answer = await asked(await hass_ws_client(hass), "log_photo", photo=with_one["photo"])
    response = await (await hass_client_no_auth()).get(answer["result"]["url"])
    assert response.status == HTTPStatus.UNAUTHORIZED
    # And without a signature: administrators, and nobody else.
    plain = url.partition("?")[0]
    assert (await (await hass_client()).get(plain)).status == HTTPStatus.OK
    assert (await (await hass_client_no_auth()).get(plain)).status == HTTPStatus.UNAUTHORIZED
    assert (await (await hass_client(hass_read_only_access_token)).get(plain)).status == HTTPStatus.UNAUTHORIZED


async def test_a_photo_that_comes_behind_its_record_is_told(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    await choose(hass, entry)
    client = await hass_ws_client(hass)
    assert (await asked(client, "log_tail"))["success"]
    face.punch(1)
    news = await told(client, lambda it: any(row["photo"] for row in it["records"]))
    assert [row["enroll_id"] for row in news["records"]] == [1]


async def test_a_photo_that_is_deleted_is_told(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    """A page that is open shows no photo that is not there any more: turned off, or old enough."""
    client = await hass_ws_client(hass)
    assert (await asked(client, "log_tail"))["success"]

    async def until_photo(*, is_kept: bool) -> None:
        await told(client, lambda it: any((row["photo"] is not None) is is_kept for row in it["records"]))

    await choose(hass, entry)
    await punched(hass, face)
    await until_photo(is_kept=True)
    await choose(hass, entry, photos=False)
    await until_photo(is_kept=False)
    photos = await choose(hass, entry)
    await punched(hass, face, 2)
    await until_photo(is_kept=True)
    with patch(
        "custom_components.timmy_access.records.photos.dt_util.utcnow",
        return_value=dt_util.utcnow() + timedelta(days=15),
    ):
        await photos.async_tidy()
    await until_photo(is_kept=False)


async def test_a_message_gets_the_newest_photo_of_the_terminal_and_no_old_one(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    face: VirtualTerminal,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    async def latest(**data: Any) -> dict[str, Any]:
        data = {"device_id": hub.terminals[FACE].device_id, **data}
        answer = await hass.services.async_call(DOMAIN, "get_latest_photo", data, blocking=True, return_response=True)
        return dict(answer or {})

    nothing = {"url": None, "occurred_at": None}
    await punched(hass, face)
    assert await latest() == nothing
    await choose(hass, entry)
    await punched(hass, face, 2)
    await punched(hass, face, 3, image=another(3))
    response = await (await hass_client_no_auth()).get((await latest())["url"])
    assert await response.read() == base64.b64decode(another(3))
    assert await latest(within={"seconds": 0}) == nothing
    await choose(hass, entry, photos=False)
    assert await latest() == nothing


@pytest.mark.parametrize(
    "place",
    ["../../secrets.yaml", "a/b/c", f"{'a' * 32}/{'b' * 32}/{'0' * 10}-{'c' * 32}", f"{'a' * 32}/../x", ""],
)
async def test_what_is_no_photo_is_not_given(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    face: VirtualTerminal,
    hass_client: ClientSessionGenerator,
    place: str,
) -> None:
    photos = await choose(hass, entry)
    assert await photos.async_photo(place) is None
    response = await (await hass_client()).get(f"/api/{DOMAIN}/photos/{entry.entry_id}/{place}")
    assert response.status == HTTPStatus.NOT_FOUND


async def test_without_the_key_nothing_is_readable_and_it_is_said(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    face: VirtualTerminal,
    hass_storage: dict[str, Any],
    hass_ws_client: WebSocketGenerator,
) -> None:
    await choose(hass, entry)
    await punched(hass, face)
    [file] = files(hass, entry)
    sealed = await hass.async_add_executor_job(file.read_bytes)
    # Neither the photo nor whose it is, nor where it was taken.
    assert JPEG[:16] not in sealed
    assert FACE not in str(file)
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0
    key = hass_storage.pop(f"{DOMAIN}.{entry.entry_id}.photos")
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    issue = issues_of(hass)[f"{UNREADABLE}_{entry.entry_id}"]
    assert (issue.translation_placeholders or {})["count"] == "1"
    assert [row["photo"] for row in await rows(hass, hass_ws_client)] == [None]
    assert hass_storage[f"{DOMAIN}.{entry.entry_id}.photos"]["data"] != key["data"]
    # And with it all is as before.
    hass_storage[f"{DOMAIN}.{entry.entry_id}.photos"] = key
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert f"{UNREADABLE}_{entry.entry_id}" not in issues_of(hass)
    [row] = await rows(hass, hass_ws_client)
    photo = await hass.data[PHOTOS][entry.entry_id].async_photo(row["photo"])
    assert photo is not None
    assert photo.data == JPEG


async def test_a_photo_that_was_moved_or_damaged_does_not_open(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    face: VirtualTerminal,
    hass_ws_client: WebSocketGenerator,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    photos = await choose(hass, entry)
    await punched(hass, face, 1)
    await punched(hass, face, 2, image=another(2))
    second, first = await rows(hass, hass_ws_client)
    by_name = {path.name: path for path in files(hass, entry)}
    paths = [by_name[row["photo"].rpartition("/")[2]] for row in (first, second)]
    shutil.copy(paths[0], paths[1])
    for _ in range(2):
        assert await photos.async_photo(second["photo"]) is None
    assert caplog.text.count("does not open") == 1
    response = await (await hass_client()).get(f"/api/{DOMAIN}/photos/{entry.entry_id}/{second['photo']}")
    assert response.status == HTTPStatus.NOT_FOUND
    assert await photos.async_photo(first["photo"]) is not None


async def test_two_photos_of_what_looks_like_one_record_are_nobodys(hass: HomeAssistant, tmp_path: Path) -> None:
    key = PhotoKey(secrets.token_bytes(KEY_BYTES))
    folder = photo_folder.PhotoFolder(tmp_path / "x", key)
    shot = Shot(serial=FACE, enroll_id=1, occurred_at=dt_util.utcnow(), mode=8, reader=0, event=0)
    assert folder.write(shot, PUNCH_PHOTO)
    assert folder.write(shot, PUNCH_PHOTO) is None  # the same again
    assert folder.kept([shot]) != [None]
    for number in range(2):
        assert folder.write(shot, another(number)) is None
        assert folder.kept([shot]) == [None]


async def test_old_ones_go_at_night_and_the_oldest_at_once_where_there_are_too_many(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    folder = photo_folder.PhotoFolder(tmp_path / "x", PhotoKey(secrets.token_bytes(KEY_BYTES)))
    now = dt_util.utcnow()
    shots = [
        Shot(serial=FACE, enroll_id=1, occurred_at=now - timedelta(days=days), mode=8, reader=0, event=0)
        for days in range(10)
    ]
    sizes = [folder.write(shot, another(number)) for number, shot in enumerate(shots)]
    size = sizes[0]
    assert size
    half = tmp_path / "x" / "left.part"
    half.write_bytes(b"half")
    found = folder.tidy(now - timedelta(days=7, hours=12), size * 100)
    assert found == photo_folder.Found(size * 8, 0)
    assert not half.exists()
    assert folder.kept(shots)[7:] == [*folder.kept([shots[7]]), None, None]
    found = folder.tidy(now - timedelta(days=30), size * 7)
    assert found.size == size * 6  # with room for more
    assert [place is not None for place in folder.kept(shots)] == [True] * 6 + [False] * 4


@pytest.mark.parametrize("linked", ["x", "x/y"])
async def test_behind_a_link_nothing_is_touched(tmp_path: Path, linked: str) -> None:
    """Neither written nor read, and above all not taken for something old of ours, moved or deleted."""
    media = tmp_path / "media"
    (media / "y").mkdir(parents=True)
    pictures = [media / "y" / "wedding.jpg", media / "y" / "half.part"]
    for picture in pictures:
        picture.write_bytes(b"precious")
    (tmp_path / linked).parent.mkdir(exist_ok=True)
    (tmp_path / linked).symlink_to(media if linked == "x" else media / "y")
    root, now = tmp_path / "x" / "y", dt_util.utcnow()
    folder = photo_folder.PhotoFolder(root, PhotoKey(secrets.token_bytes(KEY_BYTES)))
    shot = Shot(serial=FACE, enroll_id=1, occurred_at=now, mode=8, reader=0, event=0)
    for attempt in (
        lambda: folder.write(shot, PUNCH_PHOTO),
        lambda: folder.read(f"{'0' * 32}/{'0' * 32}/{'0' * 10}-{'0' * 32}"),
        lambda: folder.tidy(now + timedelta(days=1), 0),
        lambda: photo_folder.move(tmp_path / "old" / "y", root),
    ):
        with pytest.raises(OSError, match="symbolic links"):
            attempt()
    photo_folder.move(root, tmp_path / "new" / "y")
    photo_folder.delete(root)
    assert [picture.read_bytes() for picture in pictures] == [b"precious"] * 2
    assert sorted(path.name for path in media.rglob("*")) == ["half.part", "wedding.jpg", "y"]


async def test_links_and_files_that_somebody_puts_among_photos_stay_theirs(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    (media / "wedding.jpg").write_bytes(b"precious")
    root, now = tmp_path / "x" / "y", dt_util.utcnow()
    key = PhotoKey(secrets.token_bytes(KEY_BYTES))
    folder = photo_folder.PhotoFolder(root, key)
    shot = Shot(serial=FACE, enroll_id=1, occurred_at=now, mode=8, reader=0, event=0)
    assert folder.write(shot, PUNCH_PHOTO)
    (terminal,) = (root / key.name).iterdir()
    (root / "notes.txt").write_text("mine")
    (terminal.parent / ("a" * 32)).symlink_to(media)
    (terminal / photo_folder.person_mark(key, 2)).symlink_to(media)
    folder.forget([2])
    folder.keep_only([])
    assert folder.tidy(now + timedelta(days=1), 0) == photo_folder.Found(0, 0)
    assert (root / "notes.txt").read_text() == "mine"
    assert (media / "wedding.jpg").read_bytes() == b"precious"
    assert not terminal.exists()


async def test_the_night_and_the_limit_delete(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    face: VirtualTerminal,
    hass_ws_client: WebSocketGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(photos_module, "_MEGABYTE", len(JPEG) + 60)
    await choose(hass, entry, photo_megabytes=1)
    await punched(hass, face, 1)
    await punched(hass, face, 2, image=another(2))
    assert len(files(hass, entry)) < 2
    monkeypatch.undo()
    photos = await choose(hass, entry, photo_megabytes=10)
    await punched(hass, face, 3, image=another(3))
    assert files(hass, entry)
    with patch(
        "custom_components.timmy_access.records.photos.dt_util.utcnow",
        return_value=dt_util.utcnow() + timedelta(days=15),
    ):
        night = dt_util.start_of_local_day(dt_util.now() + timedelta(days=1)) + timedelta(hours=3, minutes=40)
        async_fire_time_changed(hass, night, fire_all=True)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert files(hass, entry) == []
    assert photos.is_on


async def test_turning_it_off_deletes_all(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal, hass_storage: dict[str, Any]
) -> None:
    await choose(hass, entry)
    await punched(hass, face)
    assert files(hass, entry)
    photos = await choose(hass, entry, photos=False)
    assert files(hass, entry) == []
    assert f"{DOMAIN}.{entry.entry_id}.photos" not in hass_storage
    assert not photos.is_on
    await punched(hass, face)
    assert files(hass, entry) == []


async def test_removing_a_terminal_deletes_its_own(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    await choose(hass, entry)
    await punched(hass, face)
    await punched(hass, finger, image=another(1))
    assert len(files(hass, entry)) == 2
    assert hass.config_entries.async_remove_subentry(entry, hub.terminals[FINGER].subentry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    [left] = files(hass, entry)
    assert left.stat().st_size - SEALING_BYTES == len(JPEG)


async def test_removing_the_listener_deletes_all(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal, hass_storage: dict[str, Any]
) -> None:
    await choose(hass, entry)
    await punched(hass, face)
    assert files(hass, entry)
    await hass.config_entries.async_remove(entry.entry_id)
    assert files(hass, entry) == []
    assert f"{DOMAIN}.{entry.entry_id}.photos" not in hass_storage


async def test_removing_a_person_deletes_theirs_at_once(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    await choose(hass, entry)
    client = await hass_ws_client(hass)
    made = await performed(client, "add_person", name="Grace Hopper")
    assert made["success"], made
    person = next(iter(hub.house.household.people.values()))
    await punched(hass, face, person.enroll_id)
    await punched(hass, face, person.enroll_id + 1, image=another(1))
    assert len(files(hass, entry)) == 2
    removed = await performed(client, "remove_person", person_id=person.person_id)
    assert removed["success"], removed
    await hass.async_block_till_done(wait_background_tasks=True)
    [left] = files(hass, entry)
    assert left.stat().st_size - SEALING_BYTES == len(JPEG) + 4


async def test_a_disk_that_takes_nothing_is_said_once_and_harms_no_record(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    face: VirtualTerminal,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await choose(hass, entry)
    full = OSError(28, "No space left on device")
    with patch.object(photo_folder, "new_file", side_effect=full):
        await punched(hass, face, 1)
        await punched(hass, face, 2)
        issue = await until_issue(hass, f"{NOT_KEPT}_{entry.entry_id}")
    assert issue is not None
    assert issue.translation_placeholders == {}
    assert caplog.text.count("Photos of accesses are not kept") == 1
    assert [row["photo"] for row in await rows(hass, hass_ws_client)] == [None, None]
    await punched(hass, face, 3)
    await until_issue(hass, f"{NOT_KEPT}_{entry.entry_id}", present=False)
    assert len(files(hass, entry)) == 1


async def test_a_key_that_cannot_be_read_or_written_keeps_nothing_and_says_so(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    with patch.object(photos_module, "async_photo_key", return_value=None):
        photos = await choose(hass, entry)
    assert not photos.is_on
    issue = issues_of(hass)[f"{NOT_KEPT}_{entry.entry_id}"]
    assert issue.translation_placeholders == {}
    await punched(hass, face)
    assert files(hass, entry) == []


async def test_what_comes_faster_than_it_can_be_kept_is_not_held(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal, caplog: pytest.LogCaptureFixture
) -> None:
    photos = await choose(hass, entry)
    for number in range(photos_module.MAX_WAITING + 5):
        photos.async_take(
            FACE, PunchPhoto(occurred_at=dt_util.utcnow(), record=another(number), enroll_id=number + 1, mode=8)
        )
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(files(hass, entry)) == photos_module.MAX_WAITING
    assert caplog.text.count("Photos come faster") == 1


def backed_up(hass: HomeAssistant, archive: Path) -> list[str]:
    """Return what a backup has in it, made as Home Assistant makes one."""

    def _is_left_out(path: PurePath) -> bool:
        return any(path.full_match(f"data/{exclude}") for exclude in EXCLUDE_FROM_BACKUP)

    with tarfile.open(archive, "w") as tar:
        atomic_contents_add(tar, Path(hass.config.config_dir), file_filter=_is_left_out, arcname="data")
        return tar.getnames()


async def test_backups_have_them_only_where_the_owner_wants(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    face: VirtualTerminal,
    hass_ws_client: WebSocketGenerator,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    archive = tmp_path_factory.mktemp("backup") / "backup.tar"
    await choose(hass, entry)
    await punched(hass, face)
    [row] = await rows(hass, hass_ws_client)
    name = row["photo"].rpartition("/")[2]
    in_it = await hass.async_add_executor_job(backed_up, hass, archive)
    assert any(path.endswith(f"{DOMAIN}.db") for path in in_it)
    assert not any(name in path for path in in_it)
    for wanted in (True, False):
        photos = await choose(hass, entry, photos_in_backups=wanted)
        in_it = await hass.async_add_executor_job(backed_up, hass, archive)
        assert any(name in path for path in in_it) is wanted
        assert len(files(hass, entry)) == 1
        assert await photos.async_photo(row["photo"]) is not None
