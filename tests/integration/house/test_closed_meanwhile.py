"""Who is kept out of the house passes no more from that step on, whatever is under way and by whatever they come."""

from datetime import timedelta
from unittest.mock import patch

import pytest

from custom_components.timmy_access.guests.decisions import Decision
from custom_components.timmy_access.guests.passes import Refused
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Decider
from custom_components.timmy_access.terminal.moments import CodeKind, CodeMoment, CodeSource, Moment
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..conftest import FACE
from ..guests.test_guests import asking, make_pass
from ..guests.test_who_is_let_in import answer, owner_chose, punch
from ..services.test_actions import act
from .test_in_step import bo, have, house

__all__ = ["asking"]  # a fixture


@pytest.fixture
async def lived_in(hub: Hub, asking: VirtualTerminal) -> VirtualTerminal:
    """A terminal that asks, and is kept in step with a house of Bo."""
    await have(hub, lambda _: house(bo(), kept=frozenset({FACE})))
    return asking


async def closed(hub: Hub, how: str) -> None:
    if how == "removed":
        await hub.house.async_remove("bo", None)
    else:
        await hub.house.async_disable("bo", None)


@pytest.mark.parametrize("how", ["removed", "disabled"])
async def test_who_is_kept_out_while_an_automation_lets_them_in_does_not_pass(
    hass: HomeAssistant, hub: Hub, lived_in: VirtualTerminal, how: str
) -> None:
    terminal = hub.terminals[FACE]
    owner_chose(hub, "refuse", window=4)

    async def _async_grant(request_id: str) -> None:
        await closed(hub, how)
        terminal.verdicts.async_reply(CodeSource.PUNCH, Decision(granted=True), request_id)

    @callback
    def _async_hear(moment: Moment) -> None:
        if isinstance(moment, CodeMoment) and moment.kind is CodeKind.SCANNED and moment.request_id:
            hass.async_create_task(_async_grant(moment.request_id))

    terminal.moments.async_subscribe(_async_hear)
    decision = await terminal.verdicts.async_punch(None, 7, "Bo")
    assert (decision.granted, decision.decided_by) == (False, Decider.HOUSE)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("how", ["removed", "disabled"])
async def test_who_is_kept_out_while_the_answer_waits_for_the_disk_does_not_pass(
    hass: HomeAssistant, hub: Hub, lived_in: VirtualTerminal, how: str
) -> None:
    owner_chose(hub, "grant_unknown")

    async def _kept(keeping: object) -> bool:
        await closed(hub, how)
        return True

    with patch("custom_components.timmy_access.hub.reception._is_kept", _kept):
        assert (await answer(lived_in, punch(7)))["access"] == 0
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_who_is_disabled_at_the_terminal_while_the_answer_waits_is_not_let_in_by_default(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal
) -> None:
    owner_chose(hub, "grant")

    async def _kept(keeping: object) -> bool:
        await act(hass, hub, FACE, "disable_user", enroll_id=1)
        return True

    with patch("custom_components.timmy_access.hub.reception._is_kept", _kept):
        assert (await answer(asking, punch(1)))["access"] == 0
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("how", ["removed", "disabled", "expired"])
async def test_the_pass_of_somebody_who_is_kept_out_of_the_house_opens_nothing(
    hass: HomeAssistant, hub: Hub, lived_in: VirtualTerminal, how: str
) -> None:
    """Before the terminal has heard of it, and after; whoever has no door here still comes in by a pass."""
    made = await make_pass(hass, hub, enroll_id=7)
    terminal = hub.terminals[FACE]
    await have(hub, lambda it: house(bo(groups=frozenset()), kept=it.kept))
    assert (await lived_in.scan_qr(made["code"]))["access"] == 1
    terminal.writer.async_stop()  # nothing is written to it any more
    if how == "expired":
        await hub.house.async_update("bo", {"valid_until": dt_util.utcnow() - timedelta(days=1)}, {}, (), None)
    else:
        await closed(hub, how)
    assert not terminal.roster.is_disabled(7)
    told: list[str | None] = []
    terminal.moments.async_subscribe(lambda it: told.append(it.reason) if isinstance(it, CodeMoment) else None)
    assert (await lived_in.scan_qr(made["code"]))["access"] == 0
    await hass.async_block_till_done(wait_background_tasks=True)
    assert set(told) == {Refused.PERSON_DISABLED.value}


async def test_nobody_is_let_in_by_default_while_it_is_not_known_who_is_of_the_house(
    hass: HomeAssistant, hub: Hub, lived_in: VirtualTerminal
) -> None:
    """Who was disabled while the database was away may be in no memory but the journal's."""
    terminal = hub.terminals[FACE]
    owner_chose(hub, "grant_unknown")
    assert (await terminal.verdicts.async_punch(None, 7, "Bo")).granted
    with patch.object(hub.house.keeper, "is_known", new=False):
        assert not (await terminal.verdicts.async_punch(None, 7, "Bo")).granted
    await hass.async_block_till_done(wait_background_tasks=True)
