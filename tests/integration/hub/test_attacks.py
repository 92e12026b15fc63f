"""Attacks in other forms, each of a kind that SECURITY.md lists."""

from collections import Counter, deque
from collections.abc import Iterator
from functools import partial
import gc
from types import CellType, FunctionType, MethodType
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import RecordFilter
from custom_components.timmy_access.protocol import pace as pace_module
from custom_components.timmy_access.protocol.answers import RegistrationRefused
from custom_components.timmy_access.protocol.messages import Registration
from custom_components.timmy_access.protocol.pace import MAX_VISITS_AT_ONCE, Pace
from custom_components.timmy_access.protocol.peer import Peer
from custom_components.timmy_access.protocol.throttle import Throttle
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
from simulator import User, VirtualTerminal

from ..conftest import FACE, FINGER, MakeTerminal, connected
from ..guests.test_guests import make_pass
from ..people.test_people import person
from ..services.test_actions import act
from ..until import issues_of

MARKUP = '[x](http://a) <img src="http://a">'
# More than are told at once.
FLOOD = 120
OURS = "custom_components.timmy_access"
CONTAINERS = (dict, list, set, frozenset, tuple, deque)
# More strangers than there are places, each of several times.
STRANGERS = 48


async def test_a_terminal_speaks_for_itself_whatever_serial_number_is_in_its_frames(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    made = await make_pass(hass, hub)
    at = str(dt_util.now().replace(tzinfo=None, microsecond=0))
    record = {"enrollid": 41, "time": at, "mode": 8, "inout": 0, "event": 0}
    received = len(finger.received)
    await finger.send({"cmd": "sendlog", "sn": FACE, "count": 1, "logindex": 1, "record": [record]})
    await finger.wait_received("sendlog", after=received)
    received = len(finger.received)
    await finger.send({"cmd": "sendqrcode", "sn": FACE, "record": made["code"]})
    assert (await finger.wait_received("sendqrcode", after=received))["access"] == 0
    await finger.send({"cmd": "senduser", "sn": FACE, "enrollid": 77, "name": "Mallory", "backupnum": 11, "record": 1})
    await finger.wait_received("senduser", after=received)
    await hass.async_block_till_done(wait_background_tasks=True)
    kept = (await hub.ledger.records(RecordFilter(enroll_ids=[41]))).records
    assert [one.serial for one in kept] == [FINGER]
    assert 77 not in hub.terminals[FACE].roster.people
    assert face.doors[1].openings == 0


async def test_who_holds_a_number_elsewhere_is_named_as_text(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    other = make_terminal("ai_face", FINGER)
    other.add_user(User(enrollid=7, name=MARKUP, credentials={11: 4711}))
    await connected(hass, other)
    face.enrol_user(person())
    await face.wait_for(lambda: not face.machine.new_users)
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, hub, FACE, "copy_user", enroll_id=7, to=[FINGER])
    assert error.value.translation_placeholders is not None
    holder = error.value.translation_placeholders["holder"]
    assert "img" in holder
    assert not set("[]<>") & set(holder)
    assert "http:" not in holder


@pytest.mark.parametrize("word", ["senduser", "sendqrcode"])
async def test_what_is_different_each_time_makes_no_events_without_end(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, word: str
) -> None:
    seen: Counter[str] = Counter()

    @callback
    def _count(event: Event[Any]) -> None:
        seen[str(event.event_type)] += 1

    for name in ("timmy_access_event", "timmy_access_activity"):
        hass.bus.async_listen(name, _count)
    frames = {
        "senduser": {"name": "N", "backupnum": 11, "admin": 0},
        "sendqrcode": {},
    }
    for number in range(FLOOD):
        told = {"enrollid": 1000 + number, "record": f"{number:012}", **frames[word]}
        await face.send({"cmd": word, "sn": FACE, **told})
    await face.send({"cmd": "heartbeat", "sn": FACE})
    await face.wait_received("heartbeat")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert 0 < seen["timmy_access_event"] <= FLOOD / 2
    assert seen["timmy_access_activity"] <= FLOOD / 2


async def test_a_terminal_that_dials_in_again_and_again_waits_for_its_turn(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time is written to Home Assistant's database."""
    monkeypatch.setattr(pace_module, "Throttle", partial(Throttle, now=lambda: 0.0))
    pace = hub.terminals[FACE].pace = Pace()
    for _ in range(MAX_VISITS_AT_ONCE):
        assert pace.until_next_visit() == 0
        pace.come_in()
    assert pace.until_next_visit() == 0
    pace.come_in()
    waited: list[float] = []

    def _until_next_visit(_: Pace) -> float:
        waited.append(Throttle.take(pace._visits, 0))
        return 0.0

    monkeypatch.setattr(Pace, "until_next_visit", _until_next_visit)
    received = len(face.received)
    await face.drop()
    await face.wait_received("reg", after=received)
    assert waited == [1.0]
    assert pace._visits.take(0) == 2.0


def held(hass: HomeAssistant, hub: Hub) -> Counter[str]:
    """Return how much a listener holds on to, by what holds it, and what Home Assistant holds for it."""
    found: Counter[str] = Counter()
    known: set[int] = set()
    todo: list[tuple[str, Any]] = [("hub", hub)]
    while todo:
        holder, one = todo.pop()
        if id(one) in known:
            continue
        known.add(id(one))
        kind = type(one)
        if kind.__module__.startswith(OURS):
            holder = kind.__qualname__
            found[holder] += 1
        elif isinstance(one, CONTAINERS):
            found[f"in {holder}"] += len(one)
        elif not isinstance(one, CellType | FunctionType | MethodType):
            continue
        todo += [(holder, inside) for inside in gc.get_referents(one)]
    found["cards"] = len(hass.config_entries.flow.async_progress())
    found["issues"] = len(issues_of(hass))
    found["listeners"] = sum(hass.bus.async_listeners().values())
    return found


def strangers(hub: Hub, time: int) -> Iterator[tuple[dict[str, Any], Peer]]:
    """Yield who comes at a time, each with what nobody has said before."""
    for number in range(STRANGERS):
        unheard = f"{time:04}{number:04}"
        peer = Peer(f"10.{time}.{number % 9}.{number}", 1000 + number)
        info = {"modelname": f"model {unheard}", "mac": f"00-11-22-{time:02x}-33-{number:02x}", "useduser": number}
        yield {"sn": f"ZX{unheard}", "devinfo": info}, peer
        yield {"sn": "ZXSAME", "cpusn": unheard, "devinfo": info}, peer
        yield {"sn": FINGER, "cpusn": unheard, "devinfo": info}, peer
        yield {"sn": FACE, "devinfo": {"mac": "00-01-A9-30-30-31"}}, peer
        yield {"sn": f"[x](http://{unheard})"}, peer


async def test_nothing_grows_with_what_strangers_claim(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    """Cards, claims, questions and lines of the log: as much after many as after some."""
    subentry = entry.subentries[hub.terminals[FACE].subentry_id]
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "network": "127.0.0.1"})
    await hass.async_block_till_done(wait_background_tasks=True)
    after: list[Counter[str]] = []
    for time in range(1, 4):
        for frame, peer in strangers(hub, time):
            registration = Registration.parse(frame)
            if registration.is_valid:
                assert isinstance(await hub.gate.admit(registration, peer), RegistrationRefused)
            hub.gate.turned_away(peer, 7788)
        await hass.async_block_till_done(wait_background_tasks=True)
        after.append(held(hass, hub))
    assert after[2] - after[0] == Counter()
    assert after[0]["PendingTerminal"] > 0
    assert after[0]["Claim"] > 0
