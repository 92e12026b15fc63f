"""The blueprints in Home Assistant's folder: there if the owner wants them, in their language, theirs once changed."""

from collections.abc import AsyncGenerator, Iterator
import json
from pathlib import Path
import re
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.timmy_access.automation import blueprints
from custom_components.timmy_access.automation.blueprints import SHIPPED
from custom_components.timmy_access.const import DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.template import Template
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml

from ...catalogue.repository import LANGUAGES, texts_in
from ..until import listen, state_of

NAMES = sorted(path.stem for path in SHIPPED.glob("*.yaml"))
ENGLISH = texts_in("en")["common"]


@pytest.fixture(autouse=True)
async def _automations(hass: HomeAssistant, hass_config_dir: str) -> None:
    """Set up what makes the folder; the automations of the owner are in a file, so that they can be read again."""
    configure(Path(hass_config_dir), [])
    assert await async_setup_component(hass, "automation", {})


@pytest.fixture
def folder(hass_config_dir: str) -> Path:
    return Path(hass_config_dir) / "blueprints" / "automation" / DOMAIN


@pytest.fixture
async def wanted(hass: HomeAssistant, entry: MockConfigEntry) -> AsyncGenerator[MockConfigEntry]:
    """A listener whose owner wants blueprints."""
    hass.config_entries.async_update_entry(entry, options={"blueprints": True})
    await start(hass, entry)
    yield entry
    if entry.state is ConfigEntryState.LOADED:
        assert await hass.config_entries.async_unload(entry.entry_id)


async def start(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    await start(hass, entry)


async def speak(hass: HomeAssistant, language: str) -> None:
    await hass.config.async_update(language=language)
    await hass.async_block_till_done(wait_background_tasks=True)


async def listed(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> dict[str, Any]:
    """Return what the page of blueprints shows of ours, by name."""
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "blueprint/list", "domain": "automation"})
    answer = await client.receive_json()
    ours = {path: about for path, about in answer["result"].items() if path.startswith(f"{DOMAIN}/")}
    return {Path(path).stem: about["metadata"] for path, about in ours.items()}


def shown(language: str) -> dict[str, tuple[str, str]]:
    texts = texts_in(language)["common"]
    return {name: (texts[f"blueprint_{name}_name"], texts[f"blueprint_{name}_description"]) for name in NAMES}


def names_in(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.iterdir()) if folder.exists() else []


def configure(config: Path, automations: list[dict[str, Any]]) -> None:
    (config / "automations.yaml").write_text(json.dumps(automations))
    (config / "configuration.yaml").write_text("automation: !include automations.yaml\n")


def block(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("A file where the folder should be.")


def unblock(folder: Path) -> None:
    folder.unlink()


def newer(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Ship a new version of all blueprints."""
    folder.mkdir()
    for path in SHIPPED.glob("*.yaml"):
        (folder / path.name).write_text(f"{path.read_text()}\n# Newer.\n")
    monkeypatch.setattr(blueprints, "SHIPPED", folder)


async def test_nobody_gets_what_they_have_not_chosen(hass: HomeAssistant, entry: MockConfigEntry, folder: Path) -> None:
    await start(hass, entry)
    assert names_in(folder) == []
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_they_are_there_after_set_up_in_the_language_of_the_system(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    hass.config.language = "de"
    hass.config_entries.async_update_entry(entry, options={"blueprints": True})
    await start(hass, entry)
    found = await listed(hass, hass_ws_client)
    assert {name: (about["name"], about["description"]) for name, about in found.items()} == shown("de")
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_choosing_them_later_puts_them_there_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await start(hass, entry)
    hass.config_entries.async_update_entry(entry, options={"blueprints": True})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert sorted(await listed(hass, hass_ws_client)) == NAMES
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_what_nobody_touched_follows_the_language(
    hass: HomeAssistant, wanted: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    assert (await listed(hass, hass_ws_client))["tamper"]["name"] == ENGLISH["blueprint_tamper_name"]
    await speak(hass, "fr")
    found = await listed(hass, hass_ws_client)
    assert {name: (about["name"], about["description"]) for name, about in found.items()} == shown("fr")


async def test_what_nobody_touched_is_brought_up_to_date_with_its_automations(
    hass: HomeAssistant, wanted: MockConfigEntry, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reloaded = listen(hass, "automation_reloaded")
    newer(monkeypatch, tmp_path / "newer")
    await restart(hass, wanted)
    assert all((folder / f"{name}.yaml").read_text().endswith("# Newer.\n") for name in NAMES)
    assert len(reloaded) == 1
    await restart(hass, wanted)
    assert len(reloaded) == 1


async def test_what_the_owner_changed_or_deleted_is_theirs(
    hass: HomeAssistant, wanted: MockConfigEntry, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed, deleted, linked = folder / "welcome.yaml", folder / "duress.yaml", folder / "tamper.yaml"
    mine = changed.read_text().replace("Welcome, NAME.", "Hello, NAME.")
    changed.write_text(mine)
    deleted.unlink()
    elsewhere = tmp_path / "elsewhere.yaml"
    linked.rename(elsewhere)
    linked.symlink_to(elsewhere)
    before = elsewhere.read_text()
    newer(monkeypatch, tmp_path / "newer")
    await restart(hass, wanted)
    await speak(hass, "nl")
    assert changed.read_text() == mine
    assert not deleted.exists()
    assert elsewhere.read_text() == before
    assert linked.is_symlink()
    # Theirs it stays when it is deleted later.
    changed.unlink()
    await restart(hass, wanted)
    assert not changed.exists()


def put_elsewhere(folder: Path, elsewhere: Path) -> dict[str, bytes]:
    """Have a link in the place of a folder, and return what is behind it."""
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    return {path.name: path.read_bytes() for path in elsewhere.iterdir()}


async def test_nothing_is_written_behind_a_link_in_the_place_of_the_folder(
    hass: HomeAssistant, wanted: MockConfigEntry, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    before = put_elsewhere(folder, elsewhere)
    newer(monkeypatch, tmp_path / "newer")
    await restart(hass, wanted)
    assert {path.name: path.read_bytes() for path in elsewhere.iterdir()} == before


async def test_turned_off_nothing_is_written_and_turned_on_again_all_are_back(
    hass: HomeAssistant, wanted: MockConfigEntry, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "duress.yaml").unlink()
    mine = folder / "welcome.yaml"
    mine.write_text("blueprint:\n")
    hass.config_entries.async_update_entry(wanted, options={})
    await hass.async_block_till_done(wait_background_tasks=True)
    newer(monkeypatch, tmp_path / "newer")
    await restart(hass, wanted)
    assert "# Newer." not in (folder / "tamper.yaml").read_text()
    hass.config_entries.async_update_entry(wanted, options={"blueprints": True})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert names_in(folder) == NAMES
    assert mine.read_text() == "blueprint:\n"
    assert "# Newer." in (folder / "tamper.yaml").read_text()


async def test_an_automation_is_made_of_one(hass: HomeAssistant, entry: MockConfigEntry, folder: Path) -> None:
    hass.config.language = "ru"
    hass.config_entries.async_update_entry(entry, options={"blueprints": True})
    await start(hass, entry)
    made = {"alias": "Made", "use_blueprint": {"path": f"{DOMAIN}/tamper.yaml", "input": {"phones": []}}}
    configure(Path(hass.config.config_dir), [made])
    await hass.services.async_call("automation", "reload", blocking=True)
    assert state_of(hass, "automation.made").state == "on"
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_folder_that_cannot_be_written_is_logged(
    hass: HomeAssistant, entry: MockConfigEntry, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    block(folder)
    hass.config_entries.async_update_entry(entry, options={"blueprints": True})
    await start(hass, entry)
    assert "The blueprints cannot be written" in caplog.text
    assert entry.state is ConfigEntryState.LOADED
    unblock(folder)
    await restart(hass, entry)
    assert names_in(folder) == NAMES
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_with_the_last_listener_the_files_stay(
    hass: HomeAssistant, wanted: MockConfigEntry, folder: Path
) -> None:
    await hass.config_entries.async_remove(wanted.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert names_in(folder) == NAMES


def texts_of(blueprint: dict[str, Any]) -> Iterator[str]:
    """Yield what people read of a blueprint: of its form, and of the messages it sends."""
    about = blueprint["blueprint"]
    yield from (about["name"], about["description"])
    for given in about["input"].values():
        yield from (given["name"], given["description"])
        yield from (option["label"] for option in given["selector"].get("select", {}).get("options", ()))
    yield from blueprint.get("variables", {}).get("said", {}).values()
    yield from (text for key, text in scalars(blueprint) if LABEL.search(key) and "{{" not in text)


def scalars(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield all values, also those in lists, with their paths."""
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from scalars(value, f"{path}/{key}")
    else:
        yield path, node


def sentences(template: str) -> list[str]:
    """Return the words in a template that are no name of anything: they belong among what is said."""
    return [found for found in QUOTED.findall(template) if " " in found.strip()]


# Where Home Assistant shows a text of an automation: in messages, on the buttons of a phone, in traces.
LABEL = re.compile(r"/(alias|title)$")
QUOTED = re.compile(r"'([^']*)'")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_blueprint_is_the_same_in_every_language_but_for_its_words(language: str) -> None:
    texts = {f"component.{DOMAIN}.common.{key}": text for key, text in texts_in(language)["common"].items()}
    english = {f"component.{DOMAIN}.common.{key}": text for key, text in ENGLISH.items()}
    words = blueprints.words_of(english, texts)
    for path in SHIPPED.glob("*.yaml"):
        text = path.read_text()
        original: Any = parse_yaml(text)
        made: Any = parse_yaml(blueprints.translated(text, words))
        about = made["blueprint"]
        assert (about["name"], about["description"]) == shown(language)[path.stem]
        # The file by itself is in English, for who imports it; each of its texts is among the translations.
        read = list(texts_of(original))
        assert [said for said in read if said not in words] == [], path.stem
        assert list(texts_of(made)) == [words[said] for said in read]
        pairs = list(zip(scalars(original), scalars(made), strict=True))
        assert all(one[0] == other[0] for one, other in pairs)
        assert all(words.get(one[1], one[1]) == other[1] for one, other in pairs)
        for key, value in scalars(original):
            assert not LABEL.search(key) or "{{" not in value or sentences(value) == [], key
            assert not key.endswith("/message") or sentences(value) == [], key


async def test_what_blueprints_say_is_only_filled_in(hass: HomeAssistant) -> None:
    """A text that Home Assistant took for a template, or for a number or a list, would be something else when sent."""
    for language in LANGUAGES:
        for key, text in texts_in(language)["common"].items():
            if key.startswith("blueprint_say_"):
                said = Template(text, hass)
                assert said.is_static, (language, key)
                assert said.async_render() == text, (language, key)
