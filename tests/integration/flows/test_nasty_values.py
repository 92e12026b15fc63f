"""Whatever is typed into a dialog is taken as it can be shown and used, or refused at its field; nothing breaks."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
import logging
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.flows.switch import Switch
from custom_components.timmy_access.hub.approval import MAX_NAME
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData
from simulator import VirtualTerminal

from ..conftest import FACE, MakeTerminal, settings_form
from ..nasty import JSON, LONG, some, unreadable
from ..until import TEXTS

OURS = Path(__file__).parents[3] / "custom_components" / "timmy_access"
STRANGER = "ZX99999999"
SERIAL = "ZX88888888"
NOBODY = "192.0.2.1"


@dataclass(kw_only=True)
class Walk:
    """Puts values into the fields of forms, and writes down what is wrong."""

    is_long: bool
    wrong: list[str] = field(default_factory=list)
    number: int = 0

    async def through(
        self,
        manager: Any,
        texts: Mapping[str, Any],
        begin: Callable[[], Awaitable[Any]],
        well: Mapping[str, Any],
        taken: Callable[[Any], str | None],
    ) -> None:
        """Walk through a form; `taken` undoes what was taken, and returns what is wrong with it."""
        for name in well:
            self.number += 1
            for label, value in some(JSON, self.number, is_long=self.is_long):
                form = await begin()
                where = f"{form['step_id']}.{name} = {label}"
                try:
                    result = await manager.async_configure(form["flow_id"], {**well, name: value})
                except InvalidData:  # by Home Assistant, at the field
                    manager.async_abort(form["flow_id"])
                    continue
                except Exception as err:  # noqa: BLE001 - that is what is looked for
                    self.wrong.append(f"{where}: {err!r}"[:300])
                    continue
                if result["type"] is FlowResultType.FORM:
                    self._look(where, result, texts, begun_anew=result["step_id"] == form["step_id"])
                    manager.async_abort(form["flow_id"])
                elif (why := taken(result)) is not None:
                    self.wrong.append(f"{where}: {why}"[:300])

    def _look(self, where: str, form: Any, texts: Mapping[str, Any], *, begun_anew: bool) -> None:
        errors = set((form["errors"] or {}).values())
        if errors - texts["error"].keys() or (begun_anew and not errors):
            self.wrong.append(f"{where}: {errors}")
        for shown in (form["description_placeholders"] or {}).values():
            if (why := unreadable(shown)) or "<" in shown:
                self.wrong.append(f"{where}: shows {why or shown}")


def unfit(*names: str) -> str | None:
    """Return which of some names is none."""
    return next((f"took {it[:80]!r}" for it in names if not it.strip() or unreadable(it) or len(it) > MAX_NAME), None)


def chosen_at_first(form: Any) -> dict[str, Any]:
    """Return what a form has in it where nobody changes anything."""
    keys = form["data_schema"].schema
    return {str(key): key.default() for key in keys if callable(getattr(key, "default", None))}


async def test_every_field_of_the_listener(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    unused_tcp_port: int,
    caplog: pytest.LogCaptureFixture,
    is_long: bool,
) -> None:
    walk, texts, flows = Walk(is_long=is_long), TEXTS["config"], hass.config_entries.flow
    kept, options = entry.data, entry.options

    async def _listener() -> Any:
        menu = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
        return await flows.async_configure(menu["flow_id"], {"next_step_id": "listener"})

    def _not_listening(result: Any) -> str | None:
        return None if result.get("reason") == "already_configured" else f"took {result}"

    # Nobody has this address: whatever port is taken, nothing listens there.
    await walk.through(flows, texts, _listener, {"port": unused_tcp_port, "host": NOBODY}, _not_listening)
    again = {"port": unused_tcp_port, "host": NOBODY}
    await walk.through(flows, texts, lambda: entry.start_reconfigure_flow(hass), again, _not_listening)

    manager = hass.config_entries.options
    well = chosen_at_first(await manager.async_init(entry.entry_id))
    well |= {"db_url": "nothing", "everybody_gone_at": "22:00:00"}

    def _chosen(result: Any) -> str | None:
        hass.config_entries.async_update_entry(entry, options=options)
        return f"took {result['data']}" if LONG in str(result["data"]) else None

    await walk.through(manager, TEXTS["options"], lambda: manager.async_init(entry.entry_id), well, _chosen)

    async def _encryption() -> Any:
        form = await manager.async_init(entry.entry_id)
        return await manager.async_configure(form["flow_id"], {**well, "db_url": "", "tls": "files"})

    files = {"tls_port": unused_tcp_port, "certificate": "/nowhere", "key": "/nowhere"}
    await walk.through(manager, TEXTS["options"], _encryption, files, _chosen)
    assert walk.wrong == []
    assert entry.data == kept
    assert not [it for it in caplog.records if it.levelno > logging.WARNING]


async def test_every_field_of_a_terminal(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    face: VirtualTerminal,
    caplog: pytest.LogCaptureFixture,
    is_long: bool,
) -> None:
    walk, texts = Walk(is_long=is_long), TEXTS["config_subentries"]["terminal"]
    manager = hass.config_entries.subentries
    present = set(entry.subentries)

    async def _add() -> Any:
        return await manager.async_init((entry.entry_id, "terminal"), context={"source": SOURCE_USER})

    async def _doors() -> Any:
        form = await _add()
        return await manager.async_configure(form["flow_id"], {**new, "doors": 4})

    def _added(result: Any) -> str | None:
        for subentry_id in set(entry.subentries) - present:
            hass.config_entries.async_remove_subentry(entry, subentry_id)
        return unfit(result["title"], *filter(None, result["data"].get("door_names", [])))

    new = {"serial": SERIAL, "name": "New one", "doors": 1}
    await walk.through(manager, texts, _add, new, _added)
    await walk.through(manager, texts, _doors, {f"door_{door}": f"Door {door}" for door in range(1, 5)}, _added)

    subentry_id = hub.terminals[FACE].subentry_id
    kept = entry.subentries[subentry_id]

    def _changed(result: Any) -> str | None:
        now = entry.subentries[subentry_id]
        texts = [now.title, *(it for it in now.data.values() if isinstance(it, str))]
        hass.config_entries.async_update_subentry(entry, now, title=kept.title, data=kept.data)
        return unfit(now.title) or next(filter(None, map(unreadable, texts)), None)

    settings = {
        "name": "Front door",
        "doors": 1,
        "hold_open": False,
        "server_approval": "off",
        "decision_window": 2,
        "granted_text": "Come in",
        "refused_text": "No",
        "entry_reader": "none",
        "network": "",
        "new_code": "",
    }
    await walk.through(manager, texts, lambda: settings_form(hass, entry, subentry_id), settings, _changed)
    assert walk.wrong == []
    assert (set(entry.subentries), entry.subentries[subentry_id]) == (present, kept)
    assert not [it for it in caplog.records if it.levelno > logging.WARNING]


@pytest.mark.parametrize("name", ["", " \t ", "a\x00b", "a\u202eb", "x" * 65, LONG])
async def test_who_waits_is_approved_by_a_name(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal, name: str
) -> None:
    terminal = make_terminal("ai_face", STRANGER)
    await terminal.start()
    await terminal.wait_refused()
    await hass.async_block_till_done()
    flows, present = hass.config_entries.flow, dict(entry.subentries)
    (card,) = flows.async_progress_by_handler(DOMAIN)
    form = await flows.async_configure(card["flow_id"], {"name": name, "doors": 1})
    assert form["errors"] == {"name": "invalid_name"}
    assert dict(entry.subentries) == present
    await flows.async_configure(card["flow_id"], {"name": "  Back door ", "doors": 1})
    (added,) = (it for it in entry.subentries.values() if it.unique_id == STRANGER)
    assert added.title == "Back door"


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_file_that_is_only_tried_as_a_database_stays_what_it_is(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, tmp_path: Path
) -> None:
    file = tmp_path / "automations.yaml"
    file.write_text("- alias: mine\n" * 200)
    present = await hass.async_add_executor_job(names_in, tmp_path)
    manager = hass.config_entries.options
    form = await manager.async_init(entry.entry_id)
    well = chosen_at_first(form)
    form = await manager.async_configure(form["flow_id"], {**well, "db_url": f"sqlite:///{file}"})
    assert form["errors"] == {"db_url": "database_corrupt"}
    assert file.read_text() == "- alias: mine\n" * 200
    assert await hass.async_add_executor_job(names_in, tmp_path) == present


def test_every_switch_of_a_dialog_takes_no_for_no() -> None:
    """Home Assistant's own takes every text for yes: it stands in no form of ours but as what ours is made from."""
    used = {
        path.name
        for path in OURS.rglob("*.py")
        if "BooleanSelector" in path.read_text() or "Coerce(bool)" in path.read_text()
    }
    assert used == {"switch.py"}
    for no in ("false", "False", "no", "off", "0", "disable", 0, False):
        assert Switch()(no) is False
    for yes in ("true", "yes", "on", "1", 1, True):
        assert Switch()(yes) is True
    for neither in ("", "perhaps", "falsch", 2, -1, 0.5, None, [], [False], {}, {"a": 1}):
        with pytest.raises(vol.Invalid):
            Switch()(neither)
