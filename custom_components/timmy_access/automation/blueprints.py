"""The blueprints in Home Assistant's folder: put there if the owner wants them, brought up to date, left to the owner.

Whoever has not chosen them (an option of a listener) gets none. Of each file that is written a mark is kept: one that
still has it is brought up to date, with a new version or another language of the system. One that has not is the
owner's, and one that is gone was removed: neither is written again, until the option is turned off and on.
"""

import asyncio
from collections.abc import Iterator, Mapping
from hashlib import sha256
import json
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_when_setup
from homeassistant.util.file import write_utf8_file_atomic
from homeassistant.util.hass_dict import HassKey

from ..const import CONF_BLUEPRINTS, DOMAIN, LOGGER
from ..records.private_files import own

SHIPPED = Path(__file__).parent.parent / "blueprints"
# Where Home Assistant looks for them, below the configuration.
FOLDER = ("blueprints", "automation", DOMAIN)
AUTOMATION = "automation"
VERSION = 1
# What stands for a file that the owner has put there.
OWNERS = ""

# What stands in front of the texts in the files, which are in English for who imports one.
_TEXTS = f"component.{DOMAIN}.common.blueprint_"
_ENGLISH = "en"
_STRING = "tag:yaml.org,2002:str"


def words_of(english: Mapping[str, str], texts: Mapping[str, str]) -> dict[str, str]:
    """Return what each text of a blueprint is in the language of `texts`."""
    return {said: texts.get(key, said) for key, said in english.items() if key.startswith(_TEXTS)}


def translated(text: str, words: Mapping[str, str]) -> str:
    """Return a blueprint with each of its texts as `words` say it, and otherwise as it is."""
    made, done = [], 0
    for node in _values(yaml.compose(text, Loader=yaml.SafeLoader)):
        start, end = node.start_mark.index, node.end_mark.index
        # An alias is the node that it stands for, which has had its turn.
        if start >= done and node.tag == _STRING and (said := words.get(node.value)) is not None:
            # Every text of JSON is one of YAML. One of several lines ends with the last of them.
            line = "\n" if text[:end].endswith("\n") else ""
            made += [text[done:start], json.dumps(said, ensure_ascii=False), line]
            done = end
    return "".join((*made, text[done:]))


def _values(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    """Yield what is no key, in the order of the file."""
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _values(item)
    elif isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            yield from _values(value)


def mark_of(content: bytes) -> str:
    """Return what tells whether a file is still as it was written."""
    return sha256(content).hexdigest()


def bring_up_to_date(folder: Path, words: Mapping[str, str], marks: Mapping[str, str]) -> tuple[dict[str, str], bool]:
    """Write what is missing or has changed; return the marks, and whether a file there was is another now.

    Raises `OSError`, also where a link stands in the place of the folder. Blocks, so it is for another thread.
    """
    own(folder)
    after, is_replaced = dict(marks), False
    for shipped in sorted(SHIPPED.glob("*.yaml")):
        name, path = shipped.stem, folder / shipped.name
        wanted = translated(shipped.read_text("utf-8"), words)
        mark = mark_of(wanted.encode())
        if path.is_symlink() or path.exists():
            present = OWNERS if path.is_symlink() or not path.is_file() else mark_of(path.read_bytes())
            if present == mark:
                after[name] = mark
                continue
            if present == OWNERS or present != marks.get(name):
                after.setdefault(name, OWNERS)
                continue
            is_replaced = True
        elif name in marks:
            continue
        folder.mkdir(parents=True, exist_ok=True)
        write_utf8_file_atomic(str(path), wanted)
        after[name] = mark
    return after, is_replaced


class Blueprints:
    """The files of all listeners together: there is one folder."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Write nothing yet."""
        self._hass = hass
        self._store = Store[dict[str, Any]](hass, VERSION, f"{DOMAIN}.blueprints", private=True, atomic_writes=True)
        self._lock = asyncio.Lock()

    async def async_bring(self) -> None:
        """Bring the folder up to date, if any listener has the option; what the disk refuses is logged."""
        async with self._lock:
            stored = await self._store.async_load() or {"is_on": False, "marks": {}}
            entries = self._hass.config_entries.async_entries(DOMAIN, include_ignore=False)
            is_on = any(entry.options.get(CONF_BLUEPRINTS, False) for entry in entries)
            marks: dict[str, str] = stored["marks"]
            if not is_on:
                if stored["is_on"]:
                    await self._store.async_save({**stored, "is_on": False})
                return
            folder = Path(self._hass.config.path(*FOLDER))
            if not stored["is_on"]:  # chosen anew: what was removed before is wanted again
                marks = await self._hass.async_add_executor_job(_present, folder, marks)
            english, texts = [
                await async_get_translations(self._hass, language, "common", {DOMAIN})
                for language in (_ENGLISH, self._hass.config.language)
            ]
            words = words_of(english, texts)
            try:
                after, is_replaced = await self._hass.async_add_executor_job(bring_up_to_date, folder, words, marks)
            except OSError as err:
                LOGGER.warning("The blueprints cannot be written to %s: %s", folder, err)
                return
            await self._store.async_save({"is_on": True, "marks": after})
        if is_replaced and self._hass.services.has_service(AUTOMATION, "reload"):
            try:
                await self._hass.services.async_call(AUTOMATION, "reload", blocking=True)
            except HomeAssistantError as err:  # a fault of another's in the configuration
                LOGGER.warning("Automations were not read again, and keep blueprints of before: %s", err)

    async def async_forget(self) -> None:
        """Forget the marks, with the last listener; the files stay, as automations may be made of them."""
        async with self._lock:
            await self._store.async_remove()

    async def async_on_config(self, event: Event) -> None:
        """Follow the language of Home Assistant."""
        if "language" in event.data:
            await self.async_bring()


_KEY: HassKey[Blueprints] = HassKey(f"{DOMAIN}_blueprints")


@callback
def async_blueprints(hass: HomeAssistant) -> Blueprints:
    """Return those of a Home Assistant, which follow its language from then on."""
    if _KEY not in hass.data:
        hass.data[_KEY] = Blueprints(hass)
        hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, hass.data[_KEY].async_on_config)
    return hass.data[_KEY]


def _present(folder: Path, marks: Mapping[str, str]) -> dict[str, str]:
    return {name: mark for name, mark in marks.items() if (folder / f"{name}.yaml").exists()}


@callback
def async_keep_blueprints(hass: HomeAssistant) -> None:
    """Bring the folder up to date once Home Assistant has made it, which it does with its own blueprints."""

    async def _async_bring(_: HomeAssistant, __: str) -> None:
        await async_blueprints(hass).async_bring()

    async_when_setup(hass, AUTOMATION, _async_bring)
