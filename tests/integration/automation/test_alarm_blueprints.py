"""Blueprints for an alarm: with the panel of Home Assistant itself, and with one that is shaped like Alarmo's."""

import asyncio
from dataclasses import replace
from typing import Any, override

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.house.household import Household
from custom_components.timmy_access.house.persons import HousePerson
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.components.alarm_control_panel import (
    AlarmControlPanelEntity,
    AlarmControlPanelEntityFeature,
    AlarmControlPanelState,
    CodeFormat,
)
from homeassistant.components.alarm_control_panel.const import DATA_COMPONENT
from homeassistant.components.trace.const import DATA_TRACE
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from simulator import User, VirtualTerminal

from ..conftest import ADA, FACE, FINGER, reload
from ..people.test_occupancy import IN, OUT, SENSOR, choose
from ..people.test_persons import link
from ..terminal.test_moments import record, report
from ..until import listen, state_of, until_state
from .test_blueprints import VERIFY, House, device, house, more
from .test_triggers import STRANGER, passed, seconds_ago

__all__ = ("house",)  # a fixture

pytestmark = pytest.mark.usefixtures("all_enabled", "moments_shown")

CODE = "4711"
ARM_AWAY, DISARM = "alarm_arm_away", "alarm_disarm"
# Who is at the terminal with a number that the house knows.
BO = HousePerson(person_id="bo", name="Bo", enroll_id=7, groups=frozenset({"all"}))
ALL = AccessGroup(group_id="all", name="Family", rules=(Rule(doors={FACE: frozenset({1})}),))


class Shaped(AlarmControlPanelEntity):
    """A panel as Alarmo makes them: users have codes and names, and a wrong code is passed over without an error."""

    _attr_changed_by: str | None = None
    _attr_code_arm_required = True
    _attr_code_format = CodeFormat.NUMBER
    _attr_name = "House"
    _attr_unique_id = "shaped"
    _attr_supported_features = (
        AlarmControlPanelEntityFeature.ARM_AWAY
        | AlarmControlPanelEntityFeature.ARM_CUSTOM_BYPASS
        | AlarmControlPanelEntityFeature.ARM_HOME
        | AlarmControlPanelEntityFeature.ARM_NIGHT
        | AlarmControlPanelEntityFeature.ARM_VACATION
    )

    def __init__(self) -> None:
        self._attr_alarm_state = AlarmControlPanelState.DISARMED

    @override
    async def async_alarm_disarm(self, code: str | None = None) -> None:
        self._change(AlarmControlPanelState.DISARMED, code)

    @override
    async def async_alarm_arm_away(self, code: str | None = None) -> None:
        self._change(AlarmControlPanelState.ARMED_AWAY, code)

    def _change(self, state: AlarmControlPanelState, code: str | None) -> None:
        if code == CODE:
            self._attr_alarm_state = state
            self._attr_changed_by = "Doors"
            self.async_write_ha_state()


class Alarm:
    """A panel that is armed and disarmed, and what it was asked for."""

    def __init__(self, hass: HomeAssistant, entity_id: str) -> None:
        self._hass = hass
        self.entity_id = entity_id
        self._heard = listen(hass, "call_service")

    @property
    def state(self) -> str:
        return state_of(self._hass, self.entity_id).state

    @property
    def asked(self) -> list[str]:
        """What automations have asked of the panel."""
        calls = [event.data for event in self._heard if event.data["domain"] == "alarm_control_panel"]
        return [call["service"] for call in calls]

    async def ask(self, service: str) -> None:
        """Ask as somebody at the panel does."""
        data = {"entity_id": self.entity_id, "code": CODE}
        await self._hass.services.async_call("alarm_control_panel", service, data, blocking=True)
        await self._hass.async_block_till_done()
        self._heard.clear()


@pytest.fixture(params=["manual", "shaped"])
async def alarm(hass: HomeAssistant, request: pytest.FixtureRequest) -> Alarm:
    config = {"platform": "manual", "name": "House", "code": CODE, "arming_time": 0, "delay_time": 0}
    panels = [config] if request.param == "manual" else []
    assert await async_setup_component(hass, "alarm_control_panel", {"alarm_control_panel": panels})
    if request.param == "shaped":
        await hass.data[DATA_COMPONENT].async_add_entities([Shaped()])
    await hass.async_block_till_done()
    return Alarm(hass, "alarm_control_panel.house")


@pytest.fixture(autouse=True)
def left(hass: HomeAssistant) -> list[ServiceCall]:
    """Messages that are left in Home Assistant."""
    async_mock_service(hass, "persistent_notification", "dismiss")
    calls: list[ServiceCall] = async_mock_service(hass, "persistent_notification", "create")
    return calls


@pytest.fixture(autouse=True)
def lines(hass: HomeAssistant) -> list[ServiceCall]:
    """Lines in Activity."""
    calls: list[ServiceCall] = async_mock_service(hass, "logbook", "log")
    return calls


async def let_time_pass(hass: HomeAssistant, house: House) -> None:
    """Let an automation that waits for the panel give up."""

    def _condition() -> bool:
        passed(hass, 15)
        return not house.running()

    await house.until(_condition)
    await house.settle()


@pytest.fixture
async def armed(hass: HomeAssistant, alarm: Alarm) -> Alarm:
    await alarm.ask(ARM_AWAY)
    assert alarm.state == "armed_away"
    return alarm


async def let_ada_disarm(hub: Hub, house: House, armed: Alarm, *, code: str = CODE, **inputs: Any) -> None:
    await house.make(
        "alarm_disarm",
        alarm=armed.entity_id,
        code=code,
        terminals={"device_id": device(hub)},
        persons=["person.ada"],
        **inputs,
    )


async def test_the_alarm_knows_whose_finger_it_was(
    hass: HomeAssistant,
    hub: Hub,
    face: VirtualTerminal,
    finger: VirtualTerminal,
    house: House,
    armed: Alarm,
    lines: list[ServiceCall],
) -> None:
    await link(hass, hub)
    actions = more(who="{{ person }}", disarmed="{{ disarmed }}")
    await let_ada_disarm(hub, house, armed, phones=[house.phone], more_actions=actions)
    hour_ago = str(seconds_ago(3600))[:19]
    # Somebody else, a stranger, the past, another terminal.
    await report(face, record(enrollid=5), record(enrollid=STRANGER), record(time=hour_ago))
    await report(finger, record())
    await house.settle()
    assert (armed.asked, armed.state, house.said) == ([], "armed_away", [])
    same = record()
    await report(face, same)
    await report(face, same, index=1)
    await until_state(hass, armed.entity_id, "disarmed")
    await house.settle()
    assert armed.asked == [DISARM]
    assert house.said == [("House", f"{ADA} disarmed the alarm at Front door.")]
    assert house.more[0].data == {"who": ADA, "disarmed": True}
    assert [line.data["message"] for line in lines] == [f"{ADA} disarmed the alarm at Front door."]
    assert not hass.data[DATA_TRACE]["automation.made"].runs  # a trace would keep the code


@pytest.mark.parametrize("approval", ["grant", "refuse"])
async def test_only_who_is_let_in_disarms(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House, armed: Alarm, approval: str
) -> None:
    await link(hass, hub)
    hub.terminals[FACE].verdicts.async_apply({"server_approval": approval, "decision_window": 0.05})
    face.server_approval = True
    await let_ada_disarm(hub, house, armed)
    face.punch(1)
    await face.wait_sent()
    await house.settle()
    assert armed.asked == ([DISARM] if approval == "grant" else [])
    assert armed.state == ("disarmed" if approval == "grant" else "armed_away")


@pytest.fixture
async def kept(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> VirtualTerminal:
    """A terminal that is in step with a house of one group."""
    face.users.clear()
    await hub.terminals[FACE].async_refresh_people()
    bruno = er.async_get(hass).async_get_or_create("person", "person", "bo", suggested_object_id="bo")
    bo = replace(BO, linked_to=bruno.id)
    await hub.house.keeper.async_change(
        lambda _: Household(people={"bo": bo}, groups={"all": ALL}, kept=frozenset({FACE}))
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    assert face.users[7].name == "Bo"
    return face


@pytest.mark.parametrize("chosen", [{"groups": [" FAMILY "]}, {"persons": ["person.bo"]}])
async def test_groups_and_persons_of_the_house_disarm(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, house: House, armed: Alarm, chosen: dict[str, Any]
) -> None:
    await house.make("alarm_disarm", alarm=armed.entity_id, code=CODE, terminals={"device_id": device(hub)}, **chosen)
    await report(kept, record(enrollid=7, name="Somebody else"), record(enrollid=8, name="Bo"))
    await house.settle()
    assert armed.asked == []
    await report(kept, record(enrollid=7, mode=3))
    await until_state(hass, armed.entity_id, "disarmed")


@pytest.mark.parametrize(("chosen", "told"), [({"groups": ["Family"]}, False), ({"persons": ["person.bo"]}, True)])
async def test_who_may_not_pass_does_not_disarm_though_a_terminal_lets_them_in(
    hass: HomeAssistant,
    hub: Hub,
    kept: VirtualTerminal,
    house: House,
    armed: Alarm,
    left: list[ServiceCall],
    chosen: dict[str, Any],
    told: bool,
) -> None:
    await house.make("alarm_disarm", alarm=armed.entity_id, code=CODE, terminals={"device_id": device(hub)}, **chosen)
    await hub.house.async_update("bo", {"enabled": False}, {}, (), None)
    await report(kept, record(enrollid=7))
    await house.settle()
    assert (armed.asked, armed.state) == ([], "armed_away")
    why = "Bo was recognised at Front door, but the alarm is not disarmed: may not pass at present."
    assert [call.data["message"] for call in left] == ([why] if told else [])


async def test_a_panel_that_does_not_disarm_is_told_of_and_not_asked_again(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House, armed: Alarm, left: list[ServiceCall]
) -> None:
    await link(hass, hub)
    await let_ada_disarm(hub, house, armed, code="1", phones=[house.phone])
    await report(face, record())
    await house.until(lambda: armed.asked)
    await let_time_pass(hass, house)
    assert (armed.asked, armed.state) == ([DISARM], "armed_away")
    message = f"{ADA} was recognised at Front door, but the alarm is not disarmed: the panel refused."
    assert house.said == [("House", message)]
    assert [call.data["message"] for call in left] == [message]


@pytest.fixture
async def directed(hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal) -> VirtualTerminal:
    """A terminal whose second reader is outside."""
    for enroll_id, name in ((2, "Grace"), (3, "Alan")):
        face.add_user(User(enrollid=enroll_id, name=name))
    choose(hass, entry, entry_reader="second")
    await until_state(hass, SENSOR, "0")
    return face


async def test_the_alarm_is_armed_when_the_last_one_leaves(
    hass: HomeAssistant, hub: Hub, directed: VirtualTerminal, house: House, alarm: Alarm
) -> None:
    await house.make("alarm_arm", alarm=alarm.entity_id, code=CODE, phones=[house.phone])
    directed.punch(2, inout=IN)
    directed.punch(3, inout=IN)
    await until_state(hass, SENSOR, "2")
    directed.punch(3, inout=OUT, time=seconds_ago(0))
    await until_state(hass, SENSOR, "1")
    await house.settle()
    assert alarm.asked == []
    directed.punch(2, inout=OUT, time=seconds_ago(0))
    await until_state(hass, alarm.entity_id, "armed_away")
    await house.settle()
    assert alarm.asked == [ARM_AWAY]
    assert house.said == [("House", "Grace left Front door as the last one, and the alarm is armed.")]


async def test_records_of_the_past_arm_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, directed: VirtualTerminal, house: House, alarm: Alarm
) -> None:
    await house.make("alarm_arm", alarm=alarm.entity_id, code=CODE)
    directed.punch(2, inout=IN, time=seconds_ago(4000))
    directed.punch(3, inout=IN)
    await until_state(hass, SENSOR, "1")
    await directed.wait_sent()
    await report(directed, record(enrollid=2, inout=OUT, time=str(seconds_ago(3600))[:19]))
    await house.settle()
    await reload(hass, entry, directed)
    await until_state(hass, SENSOR, "1")
    assert alarm.asked == []


async def test_nothing_is_armed_while_somebody_may_have_come_in_unseen(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    directed: VirtualTerminal,
    house: House,
    alarm: Alarm,
    left: list[ServiceCall],
) -> None:
    (office,) = [one for one in entry.subentries.values() if one.unique_id == FINGER]
    hass.config_entries.async_update_subentry(entry, office, data={**office.data, "entry_reader": "main"})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hub.roll_call.uncertain == (FINGER,)
    await house.make("alarm_arm", alarm=alarm.entity_id, code=CODE)
    directed.punch(2, inout=OUT)
    await house.until(lambda: left)
    await house.settle()
    assert alarm.asked == []
    assert "a terminal is away, and who came in there is not known" in left[0].data["message"]


async def test_a_panel_that_does_not_arm_is_told_of_and_not_asked_again(
    hass: HomeAssistant, hub: Hub, directed: VirtualTerminal, house: House, alarm: Alarm, left: list[ServiceCall]
) -> None:
    await house.make("alarm_arm", alarm=alarm.entity_id, code="1")
    directed.punch(2, inout=OUT)
    await house.until(lambda: alarm.asked)
    await let_time_pass(hass, house)
    assert (alarm.asked, alarm.state) == ([ARM_AWAY], "disarmed")
    assert [call.data["message"] for call in left] == [
        "Grace left Front door as the last one, but the alarm is not armed: the panel refused."
    ]


async def test_an_armed_alarm_asks_for_two_factors(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House, alarm: Alarm, left: list[ServiceCall]
) -> None:
    await until_state(hass, VERIFY, "default")
    await house.make("alarm_two_factors", alarm=alarm.entity_id, terminals=[device(hub)])
    await alarm.ask(ARM_AWAY)
    await until_state(hass, VERIFY, "face_and_card")
    await alarm.ask(DISARM)
    await until_state(hass, VERIFY, "default")
    await house.settle()
    assert left == []


async def test_a_terminal_that_is_away_asks_for_two_factors_when_it_is_back(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    face: VirtualTerminal,
    house: House,
    alarm: Alarm,
    left: list[ServiceCall],
) -> None:
    """It goes away armed and disarmed, and Home Assistant starts again in the middle of both."""
    await until_state(hass, VERIFY, "default")
    await house.make("alarm_two_factors", alarm=alarm.entity_id, terminals=[device(hub)], mode="face_and_password")
    await face.stop()
    await until_state(hass, VERIFY, "unavailable")
    await alarm.ask(ARM_AWAY)
    await house.settle()
    assert "Away, and follows when it is back: Front door." in left[0].data["message"]
    assert await hass.config_entries.async_reload(entry.entry_id)
    await face.start()
    await until_state(hass, VERIFY, "face_and_password")
    await face.stop()
    await until_state(hass, VERIFY, "unavailable")
    await alarm.ask(DISARM)
    await house.settle()
    assert "Not all terminals are back to what they were." in left[1].data["message"]
    assert await hass.config_entries.async_reload(entry.entry_id)
    await face.start()
    await until_state(hass, VERIFY, "default")


async def test_a_terminal_that_refuses_is_told_of(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House, alarm: Alarm, left: list[ServiceCall]
) -> None:
    await until_state(hass, VERIFY, "default")
    # Fingerprint firmware alone has this mode.
    await house.make("alarm_two_factors", alarm=alarm.entity_id, terminals=[device(hub)], mode="card_and_fingerprint")
    await alarm.ask(ARM_AWAY)
    await house.until(lambda: left)
    await house.settle()
    assert "Front door does not have this verify mode" in left[0].data["message"]
    assert state_of(hass, VERIFY).state == "default"


async def test_duress_is_told_silently(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House, left: list[ServiceCall]
) -> None:
    face.add_user(User(enrollid=9, name="Ada (help)"))
    hub.terminals[FACE].roster.async_note(9, name="Ada (help)")
    await house.make("duress", people=["ADA (help)"], phones=[house.phone], more_actions=more(who="{{ person }}"))
    await report(face, record(), record(enrollid=9, time=str(seconds_ago(3600))[:19]))
    await house.settle()
    assert house.said == []
    await report(face, record(enrollid=9))
    await house.settle()
    assert house.said == [("Front door", "Duress: Ada (help) was recognised at Front door.")]
    assert house.messages[0].data["data"]["push"] == {"interruption-level": "passive", "sound": "none"}
    assert house.more[0].data == {"who": "Ada (help)"}
    assert left == []


@pytest.mark.parametrize("seen", [[ADA], []])
async def test_an_alarm_of_a_terminal_names_who_was_recognised(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House, seen: list[str]
) -> None:
    await house.make("duress", phones=[house.phone])
    await report(face, *([record()] if seen else []), record(enrollid=0, mode=0, inout=1, event=7))
    await house.until(house.running)
    await let_time_pass(hass, house)
    ((title, message),) = house.said
    assert title == "Front door"
    assert message.startswith("Front door raises its alarm: duress, or its alarm input.")
    assert message.endswith(f"Recognised at that time: {(*seen, 'nobody')[0]}.")


class Slow(Shaped):
    """A panel that takes the code of only one of two people, and its time about it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.answers = asyncio.Event()

    @override
    async def async_alarm_disarm(self, code: str | None = None) -> None:
        self.asked += 1
        await self.answers.wait()
        if self.asked > 1:
            await super().async_alarm_disarm(code)


@pytest.fixture
async def slow(hass: HomeAssistant) -> Slow:
    """A panel that is armed."""
    assert await async_setup_component(hass, "alarm_control_panel", {"alarm_control_panel": []})
    panel = Slow()
    await hass.data[DATA_COMPONENT].async_add_entities([panel])
    await panel.async_alarm_arm_away(CODE)
    await hass.async_block_till_done()
    return panel


async def test_of_two_people_at_once_none_is_lost_and_no_punch_disarms_twice(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House, slow: Slow
) -> None:
    """The panel is still busy with the first, and one of them is under duress: that is told at once."""
    await link(hass, hub)
    face.add_user(User(enrollid=9, name="Ada (help)"))
    hub.terminals[FACE].roster.async_note(9, name="Ada (help)")
    disarm = {"alarm": slow.entity_id, "code": CODE, "terminals": {"device_id": device(hub)}, "persons": ["person.ada"]}
    await house.make_all(
        made=("alarm_disarm", {**disarm, "phones": [house.phone]}),
        duress=("duress", {"people": ["Ada (help)"], "phones": [house.phone]}),
    )
    punches = (record(), record(mode=3), record(enrollid=9))
    for index, punch in enumerate(punches):
        for _ in range(2):  # terminals tell again what was not answered in time
            await report(face, punch, index=index)
    await house.until(lambda: slow.asked == 2 and house.messages)
    assert house.said == [("Front door", "Duress: Ada (help) was recognised at Front door.")]
    slow.answers.set()
    await until_state(hass, slow.entity_id, "disarmed")
    await house.settle()
    assert slow.asked == 2
    assert house.said[1:] == [("House", f"{ADA} disarmed the alarm at Front door.")] * 2


async def test_who_was_recognised_before_it_was_armed_does_not_disarm_what_was_armed_since(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House, armed: Alarm
) -> None:
    """The panel refuses the first, and the second must not wait behind that until somebody has armed it anew."""
    await link(hass, hub)
    await let_ada_disarm(hub, house, armed, code="1")
    await report(face, record())
    await report(face, record(mode=3), index=1)
    await house.until(lambda: len(armed.asked) == 2)
    await hass.services.async_call(
        "alarm_control_panel", DISARM, {"entity_id": armed.entity_id, "code": CODE}, blocking=True
    )
    await house.settle()
    await armed.ask(ARM_AWAY)
    await let_time_pass(hass, house)
    assert (armed.asked, armed.state) == ([], "armed_away")


async def test_a_name_that_looks_like_markup_is_a_name(
    hass: HomeAssistant, hub: Hub, directed: VirtualTerminal, house: House, alarm: Alarm, left: list[ServiceCall]
) -> None:
    name = "[Eve](x) <b>*1* www.a.b HTTPS://c eve@d.e"
    directed.add_user(User(enrollid=4, name=name))
    hub.terminals[FACE].roster.async_note(4, name=name)
    await house.make("alarm_arm", alarm=alarm.entity_id, code="1", phones=[house.phone])
    await report(directed, record(enrollid=4, inout=OUT))
    await house.until(lambda: alarm.asked)
    await let_time_pass(hass, house)
    assert house.said[0][1].startswith(f"{name} left Front door as the last one")
    shown = r"\[Eve\](x) \<b\>\*1\* www\.a.b HTTPS\://c eve\@d.e left Front door as the last one"
    assert left[0].data["message"].startswith(shown)


async def test_who_is_linked_to_nobody_any_more_disarms_nothing(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, house: House, armed: Alarm
) -> None:
    await link(hass, hub)
    await let_ada_disarm(hub, house, armed)
    hub.terminals[FACE].links.async_unlink(1)
    await report(face, record())
    await house.settle()
    assert (armed.asked, armed.state) == ([], "armed_away")


@pytest.mark.parametrize("changed", ["left", "renamed", "removed"])
async def test_a_group_that_changes_counts_as_it_is_at_the_punch(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, house: House, armed: Alarm, changed: str
) -> None:
    await house.make(
        "alarm_disarm", alarm=armed.entity_id, code=CODE, terminals={"device_id": device(hub)}, groups=["Family"]
    )
    other = replace(ALL, group_id="other", name="Staff")
    (bo,) = hub.house.household.people.values()
    people = {"left": {"bo": replace(bo, groups=frozenset({"other"}))}, "renamed": {"bo": bo}, "removed": {}}[changed]
    groups = {"all": replace(ALL, name="Household") if changed == "renamed" else ALL, "other": other}
    await hub.house.keeper.async_change(lambda known: replace(known, people=people, groups=groups))
    await hass.async_block_till_done(wait_background_tasks=True)
    await report(kept, record(enrollid=7))
    await house.settle()
    assert (armed.asked, armed.state) == ([], "armed_away")
