"""Doors on a timer: they are held until an instant, and that always ends, or somebody is told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.hub.order_file import OrderFile
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..conftest import CONTROLLER, FACE, MakeTerminal, connected
from ..until import issues_of, listen, state_of, until, until_event, until_issue, until_state

MODE = "select.front_door_door_mode"
LOCK = "lock.front_door"
OPEN_ISSUE = f"hold_open_not_ended_{FACE}"
HOLD_OPEN, HOLD_CLOSED, NORMAL = 1, 2, 4

type SetClock = Callable[[timedelta], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Set the clock on the wall, by so much from now."""
    right = dt_util.utcnow
    ahead = timedelta(0)

    def _utcnow() -> datetime:
        return right() + ahead

    def _set(by: timedelta) -> None:
        nonlocal ahead
        ahead += by

    monkeypatch.setattr(dt_util, "utcnow", _utcnow)
    return _set


async def hold(hass: HomeAssistant, hub: Hub, mode: str = "held_open", serial: str = FACE, **data: Any) -> Any:
    context = data.pop("context", None)
    return await hass.services.async_call(
        DOMAIN,
        "hold_door",
        {"device_id": hub.terminals[serial].device_id, "mode": mode, **(data or {"duration": {"hours": 1}})},
        blocking=True,
        context=context,
        return_response=True,
    )


def controlled(terminal: VirtualTerminal) -> list[int]:
    return [frame["fuc"] for frame in terminal.received if frame.get("cmd") == "lockctrl"]


async def test_it_ends_by_itself_and_says_until_when_and_who_asked(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    told = listen(hass, "timmy_access_event")
    ada = MockUser(id="ada", name="Ada", is_owner=True).add_to_hass(hass)
    response = await hold(hass, hub, duration={"milliseconds": 500}, context=Context(user_id=ada.id))
    state = state_of(hass, LOCK)
    assert (state.attributes["held_until"], state.attributes["held_by"]) == (response["until"], "Ada")
    assert (state.state, face.doors[1].mode) == ("unlocked", "held_open")
    ended = await until_event(hass, lambda event: event.data.get("type") == "hold" and event.data["kind"] == "ended")
    assert (ended.data["mode"], ended.data["asked_by"]) == ("held_open", "Ada")
    assert controlled(face) == [HOLD_OPEN, NORMAL]
    assert [event.data["kind"] for event in told if event.data["type"] == "hold"] == ["held", "ended"]
    assert "held_until" not in (await until_state(hass, LOCK, "locked")).attributes
    assert not issues_of(hass)
    await hass.async_block_till_done()
    assert hub.door_orders.holds.of(hub.terminals[FACE]) is None


async def test_until_is_an_instant_whatever_the_time_zone_becomes(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, set_clock: SetClock
) -> None:
    """Clocks are put back that night: 02:30 comes twice, and the first is meant."""
    await hass.config.async_set_time_zone("Europe/Berlin")
    set_clock(datetime(2026, 10, 25, 0, 0, tzinfo=UTC) - dt_util.utcnow())
    response = await hold(hass, hub, "held_closed", until="2026-10-25 02:30:00")
    assert response["until"] == "2026-10-25T02:30:00+02:00"
    known = hub.door_orders.holds.of(hub.terminals[FACE])
    assert known is not None
    assert known.until == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    await hass.config.async_set_time_zone("Asia/Tokyo")
    set_clock(timedelta(minutes=29))
    assert controlled(face) == [HOLD_CLOSED]
    set_clock(timedelta(minutes=1))
    await face.wait_received("lockctrl", after=len(face.received))
    assert controlled(face) == [HOLD_CLOSED, NORMAL]


async def test_a_door_is_not_held_open_longer_because_the_clock_is_put_back(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, set_clock: SetClock
) -> None:
    await hold(hass, hub, duration={"milliseconds": 500})
    set_clock(-timedelta(days=1))
    await until_state(hass, LOCK, "locked")
    assert controlled(face) == [HOLD_OPEN, NORMAL]


@pytest.mark.parametrize("mode", ["held_open", "held_closed"])
@pytest.mark.parametrize("field", ["duration", "until"])
async def test_no_door_is_held_longer_because_the_clock_is_put_back(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, set_clock: SetClock, mode: str, field: str
) -> None:
    until = dt_util.utcnow() + timedelta(milliseconds=500)
    data: dict[str, Any] = {"duration": {"milliseconds": 500}, "until": until.isoformat()}
    await hold(hass, hub, mode, **{field: data[field]})
    set_clock(-timedelta(hours=1))
    await until_state(hass, MODE, "normal")
    assert controlled(face)[1:] == [NORMAL]


@pytest.mark.parametrize(
    ("mode", "field", "ends"),
    [
        ("held_open", "duration", True),
        ("held_open", "until", True),
        ("held_closed", "duration", False),
        ("held_closed", "until", True),
    ],
)
async def test_a_clock_that_is_set_forth_ends_what_was_until_an_instant_and_lets_in_nobody_early(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, set_clock: SetClock, mode: str, field: str, ends: bool
) -> None:
    """A door that is held open is closed where it is in doubt."""
    until = dt_util.utcnow() + timedelta(hours=1)
    data: dict[str, Any] = {"duration": {"hours": 1}, "until": until.isoformat()}
    await hold(hass, hub, mode, **{field: data[field]})
    set_clock(timedelta(hours=2))
    hub.door_orders.holds.async_end(hub.terminals[FACE])  # it looks at the clock now, as it does every second
    await hass.async_block_till_done(wait_background_tasks=True)
    assert controlled(face)[1:] == ([NORMAL] if ends else [])
    assert face.doors[1].mode == ("normal" if ends else mode)


async def test_a_clock_that_has_lost_the_time_ends_what_is_held_open(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, set_clock: SetClock
) -> None:
    await hold(hass, hub)
    set_clock(-timedelta(days=20_000))
    await hass.config_entries.async_reload(entry.entry_id)
    await until_state(hass, MODE, "normal")
    assert controlled(face) == [HOLD_OPEN, NORMAL]


@pytest.mark.parametrize(
    ("ends", "mode"),
    [
        (("lock", "lock", {"entity_id": LOCK}), "normal"),
        (("select", "select_option", {"entity_id": MODE, "option": "held_open"}), "held_open"),
        (("select", "select_option", {"entity_id": MODE, "option": "held_closed"}), "held_closed"),
    ],
)
async def test_what_a_person_asks_later_takes_its_place(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    face: VirtualTerminal,
    set_clock: SetClock,
    ends: tuple[str, str, dict[str, Any]],
    mode: str,
) -> None:
    await hold(hass, hub)
    await hass.services.async_call(*ends, blocking=True)
    assert hub.door_orders.holds.of(hub.terminals[FACE]) is None
    await hass.async_block_till_done()
    set_clock(timedelta(hours=2))
    before = controlled(face)
    await hass.config_entries.async_reload(entry.entry_id)
    await connected_again(hass, face)
    assert controlled(face) == before
    assert face.doors[1].mode == mode


async def connected_again(hass: HomeAssistant, terminal: VirtualTerminal) -> None:
    await terminal.wait_received("getdevlock", after=0)
    await terminal.wait_registered(timeout=10)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_another_hold_takes_its_place_with_its_own_end(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    await hold(hass, hub, duration={"milliseconds": 800})
    await hold(hass, hub, "held_closed")
    later = await hold(hass, hub, duration={"hours": 2})
    assert state_of(hass, LOCK).attributes["held_until"] == later["until"]
    assert controlled(face) == [HOLD_OPEN, HOLD_CLOSED, HOLD_OPEN]


async def test_it_goes_on_over_a_restart_and_ends(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, set_clock: SetClock
) -> None:
    response = await hold(hass, hub)
    await hass.config_entries.async_reload(entry.entry_id)
    state = await until(hass, LOCK, lambda state: "held_until" in state.attributes)
    assert state.attributes["held_until"] == response["until"]
    await face.wait_registered(timeout=10)
    assert controlled(face) == [HOLD_OPEN]
    set_clock(timedelta(hours=2))
    await until_state(hass, MODE, "normal")
    assert controlled(face) == [HOLD_OPEN, NORMAL]


async def test_what_was_held_closed_is_held_closed_again_after_a_restart(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    await hold(hass, hub, "held_closed")
    await hass.config_entries.async_reload(entry.entry_id)
    await until_state(hass, MODE, "held_closed")
    assert controlled(face) == [HOLD_CLOSED, HOLD_CLOSED]
    assert "held_until" in state_of(hass, LOCK).attributes


async def test_an_end_that_came_while_nothing_ran_is_told_at_the_start(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, set_clock: SetClock
) -> None:
    await hold(hass, hub)
    await hass.config_entries.async_unload(entry.entry_id)
    set_clock(timedelta(hours=2))
    await hass.config_entries.async_setup(entry.entry_id)
    await until_state(hass, MODE, "normal")
    assert controlled(face) == [HOLD_OPEN, NORMAL]
    await until_issue(hass, OPEN_ISSUE, present=False)


async def test_a_terminal_that_is_away_is_told_when_it_is_back_and_somebody_hears_of_it_at_once(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, set_clock: SetClock
) -> None:
    await hold(hass, hub)
    await face.stop()
    await until_state(hass, LOCK, "unavailable")
    set_clock(timedelta(hours=2))
    issue = await until_issue(hass, OPEN_ISSUE)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["name"] == "Front door"
    await face.start()
    await until_state(hass, MODE, "normal")
    assert controlled(face)[-1] == NORMAL
    await until_issue(hass, OPEN_ISSUE, present=False)


async def test_a_terminal_that_refuses_is_told_again(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, set_clock: SetClock
) -> None:
    await hold(hass, hub)
    with patch("custom_components.timmy_access.terminal.owed.AGAIN_SECONDS", 0.05):
        face.faults.refuse["lockctrl"] = {}
        set_clock(timedelta(hours=2))
        await until_issue(hass, OPEN_ISSUE)
        face.faults.refuse.clear()
        await until_state(hass, MODE, "normal")
    await until_issue(hass, OPEN_ISSUE, present=False)


async def test_what_was_not_sent_leaves_what_was(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    first = await hold(hass, hub)
    face.faults.refuse["lockctrl"] = {}
    with pytest.raises(HomeAssistantError):
        await hold(hass, hub, duration={"hours": 3})
    known = hub.door_orders.holds.of(hub.terminals[FACE])
    assert known is not None
    assert dt_util.as_local(known.until or known.since).isoformat() == first["until"]
    assert state_of(hass, LOCK).attributes["held_until"] == first["until"]


async def test_nothing_is_held_whose_end_no_disk_takes(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    with (
        patch.object(OrderFile, "async_save", return_value=False),
        pytest.raises(HomeAssistantError) as refused,
    ):
        await hold(hass, hub)
    assert refused.value.translation_key == "hold_not_written"
    assert controlled(face) == []
    assert hub.door_orders.holds.of(hub.terminals[FACE]) is None


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"duration": {"hours": 1}, "until": "2031-01-01 00:00:00"}, "hold_duration_or_until"),
        ({"code": "1234"}, "hold_duration_or_until"),
        ({"until": "2020-01-01 00:00:00"}, "hold_not_in_time"),
        ({"duration": {"days": 32}}, "hold_not_in_time"),
        ({"duration": {"seconds": 0}}, "hold_not_in_time"),
    ],
)
async def test_bad_input_is_told_in_words_and_changes_nothing(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, data: dict[str, Any], key: str
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await hold(hass, hub, **data)
    assert refused.value.translation_key == key
    assert controlled(face) == []


async def test_a_terminal_with_several_doors_has_none_that_can_be_held(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    controller = await connected(hass, make_terminal("controller4", CONTROLLER))
    with pytest.raises(ServiceValidationError) as refused:
        await hold(hass, hub, serial=CONTROLLER)
    assert refused.value.translation_key == "hold_needs_one_door"
    assert controlled(controller) == []


@pytest.mark.parametrize(("mode", "told"), [("held_open", HOLD_OPEN), ("held_closed", HOLD_CLOSED)])
async def test_an_end_that_comes_before_the_terminal_has_answered_is_told_all_the_same(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, set_clock: SetClock, mode: str, told: int
) -> None:
    """The answer is about a hold that is over: it must not take the place of its end."""
    face.faults.delay = 2.0
    until = (dt_util.utcnow() + timedelta(hours=1)).isoformat()
    with patch("custom_components.timmy_access.hub.holds.LOOK_SECONDS", 0.01):
        asked = hass.async_create_task(hold(hass, hub, mode, until=until), eager_start=True)
        await face.wait_received("lockctrl", after=0)
        set_clock(timedelta(hours=2))
        await asked
    face.faults.delay = 0.0
    await until_state(hass, MODE, "normal")
    assert controlled(face) == [told, NORMAL]
    assert face.doors[1].mode == "normal"
    assert hub.door_orders.holds.of(hub.terminals[FACE]) is None


async def test_nothing_is_held_whose_end_has_come_before_the_terminal_is_told(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, set_clock: SetClock
) -> None:
    save = OrderFile.async_save

    async def _slow(file: OrderFile) -> bool:
        set_clock(timedelta(hours=2))
        return await save(file)

    with patch.object(OrderFile, "async_save", _slow), pytest.raises(HomeAssistantError) as refused:
        await hold(hass, hub)
    assert refused.value.translation_key == "terminal_busy"
    assert HOLD_OPEN not in controlled(face)
    assert hub.door_orders.holds.of(hub.terminals[FACE]) is None
