"""What closes acts at once and survives everything; a use of a limited pass is on the disk before anybody is let in."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.guests.shared_books import journal_path
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Ledger, LedgerUnavailable
from custom_components.timmy_access.ledger.errors import Cause
from custom_components.timmy_access.records.journal import Journal
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from simulator import VirtualTerminal

from ..conftest import FACE, LOOPBACK, MakeTerminal, connected, reload, subentry_data
from ..services.test_actions import act
from ..until import listen
from .test_guests import EVENT, make_pass, told, without_window

ELSEWHERE = "ZX00000099"


async def away(*_: Any) -> Any:
    raise LedgerUnavailable(Cause.DISK_FULL)


def full(*_: Any) -> int:
    raise OSError(28, "No space left on device")


@pytest.fixture
def database_away(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let nothing about passes get into the database, until the returned function is called."""
    patched = pytest.MonkeyPatch()
    for name in ("keep_pass", "keep_pass_use", "forget_pass_use"):
        patched.setattr(Ledger, name, away)
    return patched.undo


async def uses(hub: Hub, pass_id: str) -> int:
    return len(await hub.passbook.async_uses(pass_id))


async def test_a_revoked_pass_is_closed_while_the_database_is_away(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    face: VirtualTerminal,
    request: pytest.FixtureRequest,
) -> None:
    made = await make_pass(hass, hub)
    without_window(hub)
    back: Callable[[], None] = request.getfixturevalue("database_away")
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, hub, FACE, "revoke_pass", pass_id=made["pass_id"])
    assert caught.value.translation_key == "pass_closed_not_written"
    assert (await face.scan_qr(made["code"]))["access"] == 0
    # Also after a start at which the database is still away.
    hub = await reload(hass, entry, face)
    without_window(hub)
    assert (await face.scan_qr(made["code"]))["access"] == 0
    back()
    hub = await reload(hass, entry, face)
    assert [kept.revoked_at is not None for kept in await hub.ledger.passes()] == [True]
    await face.stop()


async def test_a_revocation_that_nothing_takes_says_so(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await make_pass(hass, hub)
    without_window(hub)
    monkeypatch.setattr(Ledger, "keep_pass", away)
    monkeypatch.setattr(Journal, "append", full)
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, hub, FACE, "revoke_pass", pass_id=made["pass_id"])
    assert caught.value.translation_key == "pass_closed_not_safe"
    assert (await face.scan_qr(made["code"]))["access"] == 0


@pytest.mark.parametrize("order", [("revoke_pass", "extend_pass"), ("extend_pass", "revoke_pass")])
async def test_revoking_wins_over_extending(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, order: tuple[str, str]
) -> None:
    made = await make_pass(hass, hub, max_uses=1)
    data: dict[str, dict[str, Any]] = {"revoke_pass": {}, "extend_pass": {"max_uses": 5}}
    calls = [act(hass, hub, FACE, name, pass_id=made["pass_id"], **data[name]) for name in order]
    await asyncio.gather(*calls, return_exceptions=True)
    without_window(hub)
    assert (await face.scan_qr(made["code"]))["access"] == 0
    without_window(await reload(hass, entry, face))
    assert (await face.scan_qr(made["code"]))["access"] == 0
    await face.stop()


async def test_a_pass_that_was_revoked_stays_so_in_the_database(hass: HomeAssistant, hub: Hub) -> None:
    """Against another Home Assistant that has not heard of it and writes the pass again."""
    made = await make_pass(hass, hub)
    (before,) = await hub.ledger.passes()
    await act(hass, hub, FACE, "revoke_pass", pass_id=made["pass_id"])
    await hub.ledger.keep_pass(before)
    (after,) = await hub.ledger.passes()
    assert after.revoked_at is not None


@pytest.mark.parametrize("written", [None, "sqlite:///{folder}/./timmy_access.db"])
async def test_a_pass_is_revoked_through_any_listener_of_its_database(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, unused_tcp_port: int, written: str | None
) -> None:
    """Also where one of them has its address written in another way."""
    made = await make_pass(hass, hub)
    other = MockConfigEntry(
        domain=DOMAIN,
        title="Other building",
        data={"port": unused_tcp_port, "host": LOOPBACK},
        options={} if written is None else {"db_url": written.format(folder=hass.config.config_dir)},
        subentries_data=[subentry_data(ELSEWHERE, "Barn")],
    )
    other.add_to_hass(hass)
    assert await hass.config_entries.async_setup(other.entry_id)
    device_id = other.runtime_data.terminals[ELSEWHERE].device_id
    await hass.services.async_call(
        DOMAIN, "revoke_pass", {"device_id": device_id, "pass_id": made["pass_id"]}, blocking=True
    )
    without_window(hub)
    assert (await face.scan_qr(made["code"]))["access"] == 0
    assert await hass.config_entries.async_unload(other.entry_id)
    assert (await face.scan_qr(made["code"]))["access"] == 0  # the book is still there for the first one


async def test_a_use_outlives_a_reload_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal
) -> None:
    made = await make_pass(hass, hub, max_uses=1)
    assert (await face.scan_qr(made["code"]))["access"] == 1
    hub = await reload(hass, entry, face)
    without_window(hub)
    assert (await face.scan_qr(made["code"]))["access"] == 0
    assert await uses(hub, made["pass_id"]) == 1
    await face.stop()


@pytest.mark.parametrize("reloads", [1, 2])
async def test_a_use_outlives_a_reload_while_the_database_is_away(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    face: VirtualTerminal,
    request: pytest.FixtureRequest,
    reloads: int,
) -> None:
    made = await make_pass(hass, hub, max_uses=1)
    back: Callable[[], None] = request.getfixturevalue("database_away")
    assert (await face.scan_qr(made["code"]))["access"] == 1
    for _ in range(reloads):
        hub = await reload(hass, entry, face)
        without_window(hub)
        assert (await face.scan_qr(made["code"]))["access"] == 0
    back()
    hub = await reload(hass, entry, face)
    assert await uses(hub, made["pass_id"]) == 1
    assert hub.passbook.passes[made["pass_id"]].uses == 1
    journal = Journal(journal_path(hass, hub.ledger))
    assert await hass.async_add_executor_job(journal.open) == []
    await hass.async_add_executor_job(journal.close)
    await face.stop()


class HeardByNobody:
    """A database that writes a pass, and whoever asked for it does not hear of that."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, is_lost: bool) -> None:
        self._keep, self._is_lost = Ledger.keep_pass, is_lost
        self.written = asyncio.Event()
        self._patch = monkeypatch

        async def _write(ledger: Ledger, held: Any) -> None:
            await self._write(ledger, held)

        monkeypatch.setattr(Ledger, "keep_pass", _write)

    async def _write(self, ledger: Ledger, held: Any) -> None:
        self._patch.setattr(Ledger, "keep_pass", self._keep)
        await self._keep(ledger, held)
        self.written.set()
        if self._is_lost:
            raise LedgerUnavailable(Cause.UNREACHABLE)
        await asyncio.Event().wait()

    async def have(self, hass: HomeAssistant, work: Any) -> None:
        """Have something done of which nobody hears that it is."""
        doing = hass.async_create_task(work)
        await self.written.wait()
        if not self._is_lost:
            doing.cancel()
        await asyncio.wait((doing,))
        assert doing.cancelled() or doing.exception() is not None


async def test_a_pass_is_revoked_on_the_disk_though_whoever_revokes_it_is_cancelled(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await make_pass(hass, hub)
    let_go, keep, begun = asyncio.Event(), Ledger.keep_pass, asyncio.Event()

    async def _hanging(ledger: Ledger, held: Any) -> None:
        begun.set()
        await let_go.wait()
        await keep(ledger, held)

    monkeypatch.setattr(Ledger, "keep_pass", _hanging)
    monkeypatch.setattr("custom_components.timmy_access.guests.book.CLOSING_PATIENCE", 0.05)
    revoking = hass.async_create_task(act(hass, hub, FACE, "revoke_pass", pass_id=made["pass_id"]))
    await begun.wait()
    revoking.cancel()
    await asyncio.wait((revoking,))
    await hass.async_block_till_done()
    journal = Journal(journal_path(hass, hub.ledger))
    assert len(await hass.async_add_executor_job(journal.open)) == 1
    await hass.async_add_executor_job(journal.close)
    let_go.set()
    await hub.passbook.book._work.async_done()


@pytest.mark.parametrize("is_lost", [True, False], ids=["connection lost", "cancelled"])
async def test_a_pass_that_was_said_not_to_be_made_opens_nothing_after_the_next_start(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    face: VirtualTerminal,
    monkeypatch: pytest.MonkeyPatch,
    is_lost: bool,
) -> None:
    await HeardByNobody(monkeypatch, is_lost=is_lost).have(hass, make_pass(hass, hub, with_pin=True))
    await hub.passbook.book._work.async_done()
    assert hub.passbook.passes == {}
    hub = await reload(hass, entry, face)
    assert [held.revoked_at is not None for held in hub.passbook.passes.values()] == [True]
    await face.stop()


@pytest.mark.parametrize("is_lost", [True, False], ids=["connection lost", "cancelled"])
async def test_a_pass_that_was_said_not_to_be_extended_is_not_after_the_next_start(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    face: VirtualTerminal,
    monkeypatch: pytest.MonkeyPatch,
    is_lost: bool,
) -> None:
    made = await make_pass(hass, hub, max_uses=1)
    extending = act(hass, hub, FACE, "extend_pass", pass_id=made["pass_id"], max_uses=9)
    await HeardByNobody(monkeypatch, is_lost=is_lost).have(hass, extending)
    await hub.passbook.book._work.async_done()
    hub = await reload(hass, entry, face)
    assert hub.passbook.passes[made["pass_id"]].max_uses == 1
    await face.stop()


async def test_a_use_that_nothing_takes_lets_in_nobody(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = listen(hass, EVENT)
    made = await make_pass(hass, hub, max_uses=1)
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "keep_pass_use", away)
        patched.setattr(Journal, "append", full)
        assert (await face.scan_qr(made["code"]))["access"] == 0
    await hass.async_block_till_done(wait_background_tasks=True)
    assert told(heard) == [("refused", "not_written")]
    assert hub.passbook.passes[made["pass_id"]].uses == 0
    assert (await face.scan_qr(made["code"]))["access"] == 1


async def test_the_owner_may_have_guests_wait_for_a_disk(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await make_pass(hass, hub, max_uses=1)
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    hass.config_entries.async_update_entry(entry, options={**entry.options, "unwritten_use": "wait"})
    await hass.async_block_till_done()
    let_go = asyncio.Event()
    keep = Ledger.keep_pass_use
    asked = asyncio.Event()

    async def slow(self: Ledger, *arguments: Any) -> Any:
        asked.set()
        await let_go.wait()
        return await keep(self, *arguments)

    def broken(*_: Any) -> int:
        hass.loop.call_soon_threadsafe(let_go.set)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Ledger, "keep_pass_use", slow)
    monkeypatch.setattr(Journal, "append", broken)
    assert (await face.scan_qr(made["code"]))["access"] == 1


async def test_one_use_at_two_doors_at_once_is_one(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    other = await connected(hass, make_terminal("ai_face", "ZYTI00000002"))
    for serial in (FACE, "ZYTI00000002"):
        without_window(hub, serial)
    devices = [hub.terminals[serial].device_id for serial in (FACE, "ZYTI00000002")]
    made = await hass.services.async_call(
        DOMAIN,
        "create_pass",
        {"device_id": devices, "name": "Once", "max_uses": 1},
        blocking=True,
        return_response=True,
    )
    assert made is not None
    replies = await asyncio.gather(face.scan_qr(str(made["code"])), other.scan_qr(str(made["code"])))
    assert sorted(reply["access"] for reply in replies) == [0, 1]
    assert (await other.scan_qr(str(made["code"])))["access"] == 0
    assert (await face.scan_qr(str(made["code"])))["access"] == 0  # shown elsewhere: no longer one and the same scan


async def test_a_use_while_the_pass_is_changed_is_counted(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await make_pass(hass, hub, max_uses=1)
    without_window(hub)
    let_go = asyncio.Event()
    keep = Ledger.keep_pass

    async def slow(self: Ledger, *arguments: Any) -> Any:
        await let_go.wait()
        return await keep(self, *arguments)

    monkeypatch.setattr(Ledger, "keep_pass", slow)
    change = hass.async_create_task(
        act(hass, hub, FACE, "extend_pass", pass_id=made["pass_id"], valid_until="2099-01-01T00:00:00")
    )
    assert (await face.scan_qr(made["code"]))["access"] == 1
    let_go.set()
    await change
    assert (await face.scan_qr(made["code"]))["access"] == 0
