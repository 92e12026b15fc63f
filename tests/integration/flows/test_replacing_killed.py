"""A terminal is replaced, and Home Assistant ends at any moment of it: the next start has one or the other, whole.

Each life is a Home Assistant of its own that reads what the one before had on the disk by then.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
import shutil
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import async_test_home_assistant

from benchmarks.building import ENTRY_ID, entry as listener_of
from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.house.changes import with_group
from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.hub.pending import PendingTerminal
from custom_components.timmy_access.ledger import Ledger
from homeassistant.bootstrap import DATA_REGISTRIES_LOADED
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    category_registry as cr,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    frame,
    issue_registry as ir,
    label_registry as lr,
    restore_state as rs,
)
from homeassistant.helpers.storage import Store
from homeassistant.loader import DATA_CUSTOM_COMPONENTS

from ..conftest import FACE, FINGER, LOOPBACK
from ..guests.test_guests import make_pass
from ..house.test_in_step import bo, house
from .test_replacing import NEW, everything_written, registered

# What is written after the change in the database, each file in its own time: at a kill any of them may be of before.
FILES = ("core.config_entries", "core.device_registry", "core.entity_registry", f"{DOMAIN}.{ENTRY_ID}")


@dataclass
class Disk:
    """A configuration folder with a database, and the files of Home Assistant's storage; `present` are those in use."""

    folder: Path
    present: dict[str, Any]
    storage: dict[str, Any]

    def copied(self, folder: Path) -> Disk:
        shutil.copytree(self.folder, folder)
        return Disk(folder, self.present, deepcopy(self.storage))


@asynccontextmanager
async def living(disk: Disk) -> AsyncGenerator[HomeAssistant]:
    """Have a Home Assistant read all that lies on a disk, and start its listener."""
    disk.present.clear()
    disk.present.update(deepcopy(disk.storage))
    async with AsyncExitStack() as stack:
        making = async_test_home_assistant(load_registries=False, config_dir=str(disk.folder))
        hass = await stack.enter_async_context(making)
        # Where it looks for who uses it in a way that is deprecated.
        stack.enter_context(patch.object(frame._hass, "hass", hass))
        hass.data.pop(DATA_CUSTOM_COMPONENTS)
        dr.async_setup(hass)
        await asyncio.gather(*(registry.async_load(hass) for registry in (ar, cr, dr, er, fr, ir, lr, rs)))
        hass.data[DATA_REGISTRIES_LOADED] = None
        await hass.config_entries.async_initialize()
        try:
            assert await hass.config_entries.async_setup(ENTRY_ID)
            await hass.async_block_till_done()
            yield hass
        finally:
            await hass.config_entries.async_unload(ENTRY_ID)
            await hass.async_stop(force=True)
            disk.storage = deepcopy(disk.present)


def listener_in(hass: HomeAssistant) -> Any:
    return hass.config_entries.async_get_known_entry(ENTRY_ID)


class Moments:
    """How a disk was after each thing that was written to it."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.what: list[str] = []
        self.then: list[Disk] = []

    def noting(self, method: Callable[..., Any], what: Callable[..., str]) -> Callable[..., Any]:
        async def _do(*arguments: Any, **options: Any) -> Any:
            result = await method(*arguments, **options)
            self.what.append(what(*arguments))
            self.disk.storage = self.disk.present
            self.then.append(self.disk.copied(self.disk.folder.with_name(f"moment {len(self.then)}")))
            return result

        return _do


@dataclass(frozen=True, kw_only=True)
class Before:
    """What is to be so in every life."""

    entities: Mapping[str, tuple[str, str | None]]
    pass_id: str


async def furnish(disk: Disk, port: int) -> Before:
    """Live once, in good order: with two terminals, a house, a pass and a linked person."""
    disk.folder.mkdir()
    disk.storage["core.config_entries"] = listener_of(port, [FACE, FINGER])
    async with living(disk) as hass:
        hub = listener_in(hass).runtime_data
        made = await make_pass(hass, hub)
        # The new one was a terminal of its own once.
        once = AccessGroup(group_id="once", name="Once", rules=(Rule(doors={NEW: frozenset({1})}),))
        await hub.house.keeper.async_change(lambda _: with_group(house(bo(), kept=frozenset({FACE})), once))
        hub._store.async_link(FACE, 7, "entry of a person")
        return Before(entities=registered(hass, listener_in(hass)), pass_id=made["pass_id"])


async def replaced(moments: Moments, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the terminal, and live on until everything is written."""
    async with living(moments.disk) as hass:
        hub = listener_in(hass).runtime_data
        waiting = PendingTerminal(entry_id=ENTRY_ID, serial=NEW, model="AiFace", address=LOOPBACK)
        with monkeypatch.context() as patched:
            patched.setattr(Ledger, "keep_house", moments.noting(Ledger.keep_house, lambda *_: "database"))
            patched.setattr(Store, "async_save", moments.noting(Store.async_save, lambda store, _: store.key))
            assert await hub.async_replace(hub.terminals[FACE], waiting, 1)


async def check(disk: Disk, before: Before, serial: str) -> None:
    """Start from a disk, and look whether everything is of one terminal and nothing is lost."""
    async with living(disk) as hass:
        entry = listener_in(hass)
        hub = entry.runtime_data
        assert hub.terminals.keys() == {serial, FINGER}
        assert registered(hass, entry) == before.entities
        other = FACE if serial == NEW else NEW
        said = everything_written(hass, entry).replace(f"'former_serials': ['{FACE}']", "")
        assert other not in said.replace(f"'counted_as': '{FACE}'", "")
        [device] = [
            device
            for device in dr.async_entries_for_config_entry(dr.async_get(hass), ENTRY_ID)
            if (DOMAIN, serial) in device.identifiers
        ]
        assert {device_id for _, device_id in before.entities.values()} >= {device.id}
        household = hub.house.household
        assert household.kept == {serial}
        assert {it for rule in household.groups["all"].rules for it in rule.doors} >= {serial}
        assert other not in {it for rule in household.groups["all"].rules for it in rule.doors}
        if serial == NEW:
            assert household.groups["once"].rules == (Rule(doors={}),)
        assert hub.passbook.passes[before.pass_id].doors == {serial: frozenset({1})}
        assert hub._store.links(serial) == {7: "entry of a person"}
        assert hub._store.links(other) == {}


async def test_it_is_done_or_not_wherever_home_assistant_is_killed(
    tmp_path: Path, port: int, hass_storage: dict[str, Any], monkeypatch: pytest.MonkeyPatch, is_long: bool
) -> None:
    disk = Disk(tmp_path / "home", hass_storage, {})
    before = await furnish(disk, port)
    moments = Moments(disk)
    await replaced(moments, monkeypatch)
    planned = moments.what.index(FILES[-1])
    assert moments.what[:planned] == ["database"] * 2  # what house and passes said of the new one
    for number, then in enumerate(moments.then[:planned]):
        await check(then.copied(tmp_path / f"before {number}"), before, FACE)
    carried_out = planned + 1
    assert moments.what[carried_out] == "database"
    for then in moments.then[planned : carried_out + 1]:
        await check(then.copied(tmp_path / f"{then.folder.name} again"), before, NEW)
    for count in range(1, len(FILES) + 1) if is_long else (1, len(FILES) - 1, len(FILES)):
        for written in combinations(FILES, count):
            then = moments.then[carried_out].copied(tmp_path / "+".join(written))
            then.storage |= {name: deepcopy(disk.storage[name]) for name in written}
            await check(then, before, NEW)
