"""A database that is gone is missed: told until it is settled, and what can be had again is had."""

from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.guests.passes import Pass
from custom_components.timmy_access.guests.stored_passes import without_lost_uses
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import LedgerUnavailable, RecordFilter
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..conftest import ADA, FACE, Fix, reload
from ..guests.test_guests import make_pass, passes, without_window
from .test_database import until_well


def losses(hass: HomeAssistant, entry: MockConfigEntry) -> list[str]:
    """Return which losses the repairs tell of."""
    issues = ir.async_get(hass).issues
    kinds = ("database_begun_anew", "database_replaced")
    return [kind for kind in kinds if (DOMAIN, f"{kind}_{entry.entry_id}") in issues]


def delete(folder: str) -> None:
    for path in Path(folder).glob("timmy_access.db*"):
        path.unlink()


async def lose_the_file(hass: HomeAssistant, hub: Hub, folder: str) -> None:
    """Delete the file under a running listener, and wait until a new one is in use and everything is in it."""
    before = hub.ledger.health.identity
    await hass.async_add_executor_job(delete, folder)
    with pytest.raises(LedgerUnavailable):
        await hub.ledger.forget_person(FACE, 999)
    await until_well(hub.ledger)
    assert hub.ledger.health.identity != before
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_file_that_is_deleted_is_told_and_filled_again(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, hass_config_dir: str, fix: Fix
) -> None:
    without_window(hub)
    twice = await make_pass(hass, hub, max_uses=2)
    often = await make_pass(hass, hub)
    assert (await face.scan_qr(twice["code"]))["access"] == 1
    face.punch(1)
    await face.wait_sent()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert losses(hass, entry) == []

    await lose_the_file(hass, hub, hass_config_dir)
    assert losses(hass, entry) == ["database_begun_anew"]
    assert {held.id for held in await hub.ledger.passes()} == {twice["pass_id"], often["pass_id"]}
    await hub.terminals[FACE]._roster_keeper._work.async_done()
    assert [person.name for person in await hub.ledger.people(FACE)] == [ADA]
    assert await hub.ledger.count(RecordFilter(serials=[FACE])) == {}

    menu = await fix(f"database_begun_anew_{entry.entry_id}")
    assert menu["menu_options"] == ["fetch", "settle"]
    missing = await fix(f"database_begun_anew_{entry.entry_id}", {"next_step_id": "fetch"})
    assert (missing["type"], missing["reason"]) == ("abort", "not_all_fetched")
    assert missing["description_placeholders"]["terminals"] == "Office, Warehouse"
    assert losses(hass, entry) == ["database_begun_anew"]
    assert (await hub.ledger.count(RecordFilter(serials=[FACE])))[FACE] >= 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub, "terminals", {FACE: hub.terminals[FACE]})
        done = await fix(f"database_begun_anew_{entry.entry_id}", {"next_step_id": "fetch"})
    assert done["type"] == "create_entry"
    assert losses(hass, entry) == []

    again = await reload(hass, entry, face)
    without_window(again)
    assert losses(hass, entry) == []
    left = {held["pass_id"]: (held["max_uses"], held["uses"]) for held in await passes(hass, again)}
    assert left == {twice["pass_id"]: (1, 0), often["pass_id"]: (None, 0)}
    assert (await face.scan_qr(twice["code"]))["access"] == 1
    assert (await face.scan_qr(often["code"]))["access"] == 1
    await hass.async_block_till_done(wait_background_tasks=True)
    again.passbook.book._recent.clear()  # as if the guest came back later
    assert (await face.scan_qr(twice["code"]))["access"] == 0


async def test_a_file_that_is_gone_at_the_start_is_told_until_it_is_settled(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, hass_config_dir: str, fix: Fix
) -> None:
    await make_pass(hass, hub)
    await face.stop()
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_add_executor_job(delete, hass_config_dir)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert losses(hass, entry) == ["database_replaced"]
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"database_replaced_{entry.entry_id}")
    assert issue
    assert issue.is_persistent
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert losses(hass, entry) == ["database_replaced"]
    done = await fix(f"database_replaced_{entry.entry_id}", {"next_step_id": "settle"})
    assert done["type"] == "create_entry"
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert losses(hass, entry) == []


async def test_another_database_that_somebody_chose_is_no_loss(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, tmp_path: Path
) -> None:
    hass.config_entries.async_update_entry(entry, options={"db_url": f"sqlite:///{tmp_path}/other.db"})
    await hass.async_block_till_done()
    assert entry.runtime_data is not hub
    assert entry.runtime_data.ledger.health.available
    assert losses(hass, entry) == []


@pytest.mark.parametrize(
    ("max_uses", "uses", "waiting", "expected"),
    [
        (3, 2, 0, (1, 0)),
        (3, 2, 1, (2, 1)),
        (1, 1, 0, (0, 0)),
        (1, 1, 1, (1, 1)),
        (None, 7, 2, (None, 2)),
        (2, 0, 1, (2, 1)),
    ],
)
def test_a_pass_opens_no_more_often_than_before(
    max_uses: int | None, uses: int, waiting: int, expected: tuple[int | None, int]
) -> None:
    held = Pass(
        pass_id="x",  # noqa: S106 - no secret
        code_hash=b"x" * 32,
        name="Plumber",
        doors={FACE: frozenset({1})},
        created_at=dt_util.utcnow(),
        max_uses=max_uses,
        uses=uses,
    )
    left = without_lost_uses(held, waiting)
    assert (left.max_uses, left.uses) == expected
