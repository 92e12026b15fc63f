"""People ask for the house by actions: what is wrong is said in words, and nothing changes then."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.house.household import Household
from custom_components.timmy_access.house.week import Week
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from simulator import User, VirtualTerminal
from simulator.users import UserLock

from ..conftest import ADA, FACE, FINGER, LOOPBACK

CARD, PIN = "77123456", "74717171"


@pytest.fixture
async def hub(hass: HomeAssistant, entry: MockConfigEntry) -> AsyncGenerator[Hub]:
    """The running listener, with a vault."""
    hass.config_entries.async_update_entry(entry, options={"vault": True})
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield entry.runtime_data
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
def expected_lingering_timers() -> bool:
    """A schedule helper waits for its next hour, also when Home Assistant stops."""
    return True


async def ask(hass: HomeAssistant, action: str, /, *, context: Context | None = None, **data: Any) -> Any:
    answers = hass.services.supports_response(DOMAIN, action).value != "none"
    return await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=answers, context=context)


async def group(hass: HomeAssistant, hub: Hub, name: str = "Family", **rule: Any) -> str:
    rules = [{"device_id": [hub.terminals[FACE].device_id], **rule}]
    return str((await ask(hass, "set_access_group", name=name, rules=rules))["group_id"])


async def people(hass: HomeAssistant, **data: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await ask(hass, "get_people", **data))["people"]
    return found


async def refused(hass: HomeAssistant, hub: Hub, action: str, **data: Any) -> tuple[str | None, dict[str, Any]]:
    """Return why an action is refused, which changes nothing."""
    before = hub.house.household
    with pytest.raises(HomeAssistantError) as caught:
        await ask(hass, action, **data)
    # What is confirmed at terminals meanwhile is no change of anybody's.
    now = replace(hub.house.household, placements=before.placements, zones=before.zones)
    assert now == before
    assert str(caught.value) != caught.value.translation_key  # there is a text
    assert "{" not in str(caught.value)
    return caught.value.translation_key, dict(caught.value.translation_placeholders or {})


async def test_somebody_comes_changes_and_leaves(hass: HomeAssistant, hub: Hub, hass_admin_user: MockUser) -> None:
    admin = Context(user_id=hass_admin_user.id)
    assert await async_setup_component(hass, "person", {"person": [{"id": "zoe", "name": "Zoe"}]})
    await group(hass, hub)
    added = await ask(
        hass,
        "add_person",
        context=admin,
        name=" Zoe ",
        groups=["family"],
        card=CARD,
        password=PIN,
        valid_from="2026-01-01 00:00:00",
        valid_until="2099-01-01 00:00:00",
        person_entity_id="person.zoe",
        note="neighbour",
    )
    (zoe,) = await people(hass)
    assert zoe == {
        "person_id": added["person_id"],
        "name": "Zoe",
        "enroll_id": 1,
        "enabled": True,
        "valid": True,
        "valid_from": "2026-01-01T00:00:00-08:00",
        "valid_until": "2099-01-01T00:00:00-08:00",
        "role": "user",
        "groups": ["Family"],
        "credentials": ["password", "card"],
        "person_entity_id": "person.zoe",
        "note": "neighbour",
        "placements": [
            {
                "terminal": hub.terminals[FACE].name,
                "device_id": hub.terminals[FACE].device_id,
                "state": "observed",
                "reason": None,
            }
        ],
    }
    await ask(
        hass, "update_person", context=admin, person_id=zoe["person_id"], valid_until=None, card=None, enabled=False
    )
    (zoe,) = await people(hass, person_id=zoe["person_id"], include_changes=True)
    assert (zoe["valid_until"], zoe["credentials"], zoe["enabled"]) == (None, ["password"], False)
    changes = zoe["changes"]
    assert [(line["did"], line["by"]) for line in changes] == [
        ("changed", hass_admin_user.name),
        ("disabled", hass_admin_user.name),
        ("added", hass_admin_user.name),
    ]
    assert changes[0]["fields"] == ["card", "valid_until"]
    assert CARD not in str(changes)
    await ask(hass, "keep_in_step", device_id=hub.terminals[FACE].device_id, enable=False)
    await ask(hass, "remove_person", person_id=zoe["person_id"])
    answer = await ask(hass, "get_people")
    assert (answer["people"], answer["leaving"]) == ([], [])


async def test_whoever_asks_is_told_which_terminals_do_not_follow(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    """What they are told is what `keep_in_step` takes, and nothing is written meanwhile."""
    front, office = (
        {"terminal": hub.terminals[serial].name, "device_id": hub.terminals[serial].device_id}
        for serial in (FACE, FINGER)
    )
    rules = [{"device_id": [front["device_id"]]}]
    made = await ask(hass, "set_access_group", name="Family", rules=rules)
    assert made["observed"] == [front]
    added = await ask(hass, "add_person", name="Zoe", groups=["Family"])
    assert added["observed"] == [front]
    zoe = {"person_id": added["person_id"]}
    assert (await ask(hass, "add_person", name="Nowhere"))["observed"] == []
    frames = len(face.received)
    look = await ask(hass, "keep_in_step", device_id=added["observed"][0]["device_id"], confirm=True)
    assert look["kept_in_step"]
    await face.wait_received("setuserinfo", after=frames)
    assert await ask(hass, "update_person", name="Zoe B", **zoe) == {"observed": []}
    # A door that is taken away is one that has to follow, too.
    rules = [{"device_id": [office["device_id"]]}]
    changed = await ask(hass, "set_access_group", group_id=made["group_id"], rules=rules)
    assert changed["observed"] == [office]
    assert await ask(hass, "update_person", groups=[], **zoe) == {"observed": [office]}
    await hass.async_block_till_done(wait_background_tasks=True)
    await ask(hass, "keep_in_step", device_id=front["device_id"], enable=False, confirm=True)
    # Somebody without a door is still on a terminal that has never deleted them.
    face.add_user(User(enrollid=added["enroll_id"], name="Zoe B"))
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    assert await ask(hass, "remove_person", **zoe) == {"observed": [front]}
    await hass.async_block_till_done(wait_background_tasks=True)
    assert added["enroll_id"] in face.users


@pytest.mark.parametrize("name", ["\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "山田\u3000太郎", "Ada\u00a0Lovelace"])
async def test_names_of_all_scripts_are_taken_as_they_are(hass: HomeAssistant, hub: Hub, name: str) -> None:
    await ask(hass, "add_person", name=name, note=name)
    answer = await ask(hass, "get_people")
    assert [(one["name"], one["note"]) for one in answer["people"]] == [(name, name)]


@pytest.mark.parametrize(
    ("action", "data", "key", "placeholders"),
    [
        ("add_person", {"name": "Zoe"}, "house_name_in_use", {"field": "name", "holder": "Zoe", "number": "5"}),
        ("add_person", {"name": " "}, "house_empty", {"field": "name"}),
        ("add_person", {"name": "ü" * 40}, "text_too_long", {"field": "name", "size": "80", "limit": "64"}),
        ("add_person", {"name": "a\x00b"}, "invalid_text", {"field": "name"}),
        ("add_person", {"name": "Max", "enroll_id": 5}, "house_number_in_use", {"holder": "Zoe"}),
        ("add_person", {"name": "Max", "enroll_id": 0}, "out_of_range", {"field": "enroll_id"}),
        ("add_person", {"name": "Max", "enroll_id": 99_999_999}, "out_of_range", {"field": "enroll_id"}),
        ("add_person", {"name": "Max", "card": CARD}, "house_card_in_use", {"field": "card", "holder": "Zoe"}),
        ("add_person", {"name": "Max", "password": PIN}, "house_pin_in_use", {"field": "password", "holder": "Zoe"}),
        ("add_person", {"name": "Max", "card": "0"}, "out_of_range", {"field": "card"}),
        ("add_person", {"name": "Max", "password": "0815"}, "pin_begins_with_zero", {}),
        ("add_person", {"name": "Max", "card": "secret:timmy_access_none"}, "secret_unusable", {"field": "card"}),
        ("add_person", {"name": "Max", "groups": ["Staff"]}, "house_not_known", {"field": "groups", "value": "Staff"}),
        ("add_person", {"name": "Max", "note": "x" * 501}, "text_too_long", {"field": "note"}),
        ("add_person", {"name": "Max", "person_entity_id": "person.none"}, "entity_unknown", {}),
        (
            "add_person",
            {"name": "Max", "valid_from": "2026-02-01", "valid_until": "2026-01-01"},
            "house_ends_before",
            {"field": "valid_until"},
        ),
        ("update_person", {"person_id": "x", "name": "Max"}, "house_not_known", {"field": "person", "value": "x"}),
        ("update_person", {"person_id": "ZOE"}, "nothing_to_change", {}),
        ("update_person", {"person_id": "ZOE", "name": "ü" * 40}, "text_too_long", {"field": "name"}),
        ("update_person", {"person_id": "ZOE", "enabled": False, "groups": ["x"]}, "house_not_known", {}),
        ("update_person", {"person_id": "ZOE", "valid_until": "2000-01-01", "valid_from": "2001-01-01"},
         "house_ends_before", {}),
        ("remove_person", {"person_id": "x"}, "house_not_known", {"field": "person"}),
        ("get_people", {"person_id": "x"}, "house_not_known", {"field": "person_id"}),
        ("set_access_group", {}, "house_empty", {"field": "name"}),
        ("set_access_group", {"name": "FAMILY"}, "house_group_name_in_use", {"holder": "Family"}),
        ("set_access_group", {"name": "x" * 65}, "text_too_long", {"field": "name"}),
        ("set_access_group", {"group_id": "x", "name": "y"}, "house_not_known", {"field": "group"}),
        ("set_access_group", {"name": "y", "rules": [{"device_id": "FACE", "schedule": "schedule.none"}]},
         "house_not_known", {"field": "schedule"}),
        ("remove_access_group", {"group_id": "x"}, "house_not_known", {"field": "group"}),
        ("import_people", {"file": "/etc/passwd"}, "path_not_allowed", {"field": "file"}),
        ("settle_difference", {"device_id": "FACE", "choice": "put_back"}, "house_no_difference", {}),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_by_its_field(
    hass: HomeAssistant, hub: Hub, action: str, data: dict[str, Any], key: str, placeholders: dict[str, str]
) -> None:
    await group(hass, hub)
    zoe = await ask(hass, "add_person", name="Zoe", enroll_id=5, card=CARD, password=PIN)
    names = {"ZOE": zoe["person_id"], "FACE": hub.terminals[FACE].device_id}

    def _named(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: _named(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [_named(inner) for inner in value]
        return names.get(value, value) if isinstance(value, str) else value

    found, told = await refused(hass, hub, action, **_named(data))
    assert found == key
    assert placeholders.items() <= told.items()


async def test_a_number_of_somebody_on_a_terminal_is_not_for_somebody_else(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    assert await refused(hass, hub, "add_person", name="Zoe", enroll_id=1) == (
        "house_number_in_use",
        {"field": "enroll_id", "label": "Enroll ID", "number": "1", "holder": ADA},
    )
    assert (await ask(hass, "add_person", name="Zoe"))["enroll_id"] == 2


async def test_a_number_that_the_log_knows_is_given_to_nobody(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, table: Table
) -> None:
    """Neither one by one, all at once, nor with a table: what was recorded would be somebody else's."""
    record = {"time": "2026-11-26 08:00:00", "mode": 8, "inout": 0, "event": 0}
    for number in (2, 5):
        face.machine.log({"enrollid": number, **record})
    await face.wait_sent()
    added = await asyncio.gather(*(ask(hass, "add_person", name=name) for name in ("Zoe", "Max")))
    assert sorted(one["enroll_id"] for one in added) == [6, 7]
    face.machine.log({"enrollid": 8, **record})
    await face.wait_sent()
    table.write("name,number\nBo,\nEd,5\n")
    assert (await ask(hass, "import_people", file=str(table), confirm=True))["imported"]
    numbers = {person["name"]: person["enroll_id"] for person in await people(hass)}
    assert (numbers["Bo"], numbers["Ed"]) == (9, 5)


async def test_only_administrators_ask(hass: HomeAssistant, hub: Hub, hass_read_only_user: MockUser) -> None:
    visitor = Context(user_id=hass_read_only_user.id)
    with pytest.raises(Unauthorized):
        await ask(hass, "add_person", context=visitor, name="Zoe")
    with pytest.raises(Unauthorized):
        await ask(hass, "get_people", context=visitor)
    assert hub.house.household == Household()


async def test_the_house_of_several_is_named(hass: HomeAssistant, hub: Hub, entry: MockConfigEntry) -> None:
    second = MockConfigEntry(domain=DOMAIN, title="Second", data={"port": 1, "host": LOOPBACK}, minor_version=2)
    second.add_to_hass(hass)
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, "get_people")
    assert caught.value.translation_key == "service_found_multiple_config_entry_for_domain"
    assert (await ask(hass, "get_people", config_entry_id=entry.entry_id))["people"] == []
    with pytest.raises(ServiceValidationError):
        await ask(hass, "get_people", config_entry_id="none")
    with pytest.raises(ServiceValidationError):
        await ask(hass, "get_people", config_entry_id=second.entry_id)
    await hass.config_entries.async_remove(second.entry_id)


async def test_a_group_has_the_hours_of_a_schedule(hass: HomeAssistant, hub: Hub) -> None:
    days = {"monday": [{"from": f"0{hour}:00", "to": f"0{hour}:30"} for hour in range(6)]}
    config = {"office": {"name": "Office", "monday": days["monday"][:2]}, "shop": {"name": "Shop", **days}}
    assert await async_setup_component(hass, "schedule", {"schedule": config})
    family = await group(hass, hub, "Staff", schedule="schedule.office")
    await hass.async_block_till_done(wait_background_tasks=True)
    office = er.async_get(hass).async_get("schedule.office")
    assert office is not None
    assert hub.house.hours.weeks == {office.id: Week.of([[(0, 30), (60, 90)], *([[]] * 6)])}
    groups = (await ask(hass, "get_access_groups"))["groups"]
    rule = {
        "doors": [{"terminal": "Front door", "doors": [1]}],
        "always": False,
        "schedule": "schedule.office",
    }
    assert groups == [{"group_id": family, "name": "Staff", "rules": [rule], "people": 0}]
    key, told = await refused(
        hass,
        hub,
        "set_access_group",
        group_id=family,
        rules=[{"device_id": hub.terminals[FACE].device_id, "schedule": "schedule.shop"}],
    )
    assert (key, told["limit"]) == ("house_hours_do_not_fit", "5")
    await ask(hass, "set_access_group", group_id=family, name="Office staff")
    assert [one["name"] for one in (await ask(hass, "get_access_groups"))["groups"]] == ["Office staff"]
    front = {"terminal": hub.terminals[FACE].name, "device_id": hub.terminals[FACE].device_id}
    assert await ask(hass, "remove_access_group", group_id=family) == {"observed": [front]}
    assert await ask(hass, "get_access_groups") == {"groups": []}


class Table:
    """A file that Home Assistant may read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __str__(self) -> str:
        return str(self._path)

    def write(self, text: str, encoding: str = "utf-8") -> None:
        self._path.write_bytes(text.encode(encoding))

    def delete(self) -> None:
        self._path.unlink()


@pytest.fixture
def table(hass: HomeAssistant, tmp_path: Path) -> Table:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    return Table(tmp_path / "people.csv")


async def test_people_come_from_a_table_after_a_look(hass: HomeAssistant, hub: Hub, table: Table) -> None:
    await group(hass, hub)
    table.write(f"name,card,pin,groups\nZoe,{CARD},{PIN},Family\nMax,,,\n", "utf-8-sig")
    look = await ask(hass, "import_people", file=str(table))
    names = [{"name": "Zoe", "number": 1}, {"name": "Max", "number": 2}]
    assert look == {"imported": False, "added": names, "changed": [], "unchanged": 0, "faults": []}
    assert await people(hass) == []
    assert (await ask(hass, "import_people", file=str(table), confirm=True))["imported"]
    assert [(one["name"], one["groups"], one["credentials"]) for one in await people(hass)] == [
        ("Max", [], []),
        ("Zoe", ["Family"], ["password", "card"]),
    ]
    exported = await ask(hass, "export_people")
    assert exported["count"] == 2
    assert exported["csv"].splitlines() == [
        "name,number,valid_from,valid_until,groups,note",
        "Max,2,,,,",
        "Zoe,1,,,Family,",
    ]
    table.write(exported["csv"])
    again = await ask(hass, "import_people", file=str(table), confirm=True)
    assert (again["added"], again["changed"], again["unchanged"]) == ([], [], 2)


@pytest.mark.parametrize(
    ("encoding", "named"), [("utf-8", None), ("utf-8-sig", None), ("utf-16", None), ("cp1252", "Windows-1252")]
)
async def test_a_table_is_read_in_each_encoding_that_spreadsheets_write(
    hass: HomeAssistant, hub: Hub, table: Table, encoding: str, named: str | None
) -> None:
    """With semicolons, as where a comma is in numbers; a formula in it takes nobody in, in any of them."""
    await group(hass, hub, "Küche")
    said: dict[str, Any] = {"file": str(table), "confirm": True} | ({"encoding": named} if named else {})
    table.write('Name;Groups;Note\r\nJürgen;küche;=HYPERLINK("x")\r\nZoë;;\r\n', encoding)
    key, told = await refused(hass, hub, "import_people", **said)
    assert (key, told["row"], told["column"]) == ("house_import_faulty", "2", "note")
    table.write("Name;Groups;Note\r\nJürgen;küche;'=as text\r\nZoë;;\r\n", encoding)
    assert (await ask(hass, "import_people", **said))["imported"]
    found = [(one["name"], one["groups"], one["note"]) for one in await people(hass)]
    assert found == [("Jürgen", ["Küche"], "=as text"), ("Zoë", [], "")]


async def test_a_table_with_a_single_fault_brings_nobody(hass: HomeAssistant, hub: Hub, table: Table) -> None:
    await ask(hass, "add_person", name="Zoe", card=CARD)
    table.write(f"name,card\nMax,5\nKim,{CARD}\n=1+1,\n")
    look = await ask(hass, "import_people", file=str(table))
    assert look["faults"] == [
        {"row": 4, "column": "name", "fault": "formula"},
    ]
    table.write(f"name,card\nMax,5\nKim,{CARD}\n")
    look = await ask(hass, "import_people", file=str(table))
    assert look["faults"] == [{"row": 3, "column": "card", "fault": "card_in_use", "holder": "Zoe"}]
    key, told = await refused(hass, hub, "import_people", file=str(table), confirm=True)
    assert key == "house_import_faulty"
    assert told["fault"] == "Card number: this card belongs to Zoe already"
    table.write("name\nJürgen\n", "cp1252")
    assert await refused(hass, hub, "import_people", file=str(table)) == (
        "house_encoding",
        {"field": "encoding", "label": "Encoding", "value": "utf-8-sig"},
    )
    assert (await ask(hass, "import_people", file=str(table), encoding="cp1252"))["added"] == [
        {"name": "Jürgen", "number": 2}
    ]
    table.delete()
    assert (await refused(hass, hub, "import_people", file=str(table)))[0] == "house_file_unreadable"


async def test_a_terminal_is_taken_over_after_a_look(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    face.add_user(User(enrollid=2, name="Grace", credentials={11: 4711}))
    face.add_user(User(enrollid=3, name="Narrow", lock=UserLock(weekzone=2)))
    face.add_user(User(enrollid=4, name=""))
    device = hub.terminals[FACE].device_id
    mornings = {2: {"mon": [{"from": "08:00", "to": "12:00"}]}}
    await ask(hass, "set_access_settings", device_id=device, week_zones=mornings)
    received = len(face.received)
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    look = await ask(hass, "keep_in_step", device_id=device)
    assert not look["kept_in_step"]
    assert look["group"] == "Front door"
    assert [one["name"] for one in look["added"]] == [ADA, "Grace"]
    assert [(one["enroll_id"], one["reason"]) for one in look["left"]] == [(3, "narrower"), (4, "nameless")]
    assert hub.house.household == Household()
    commands = [frame["cmd"] for frame in face.received[received:] if "cmd" in frame]
    assert not [name for name in commands if name.startswith(("set", "delete", "clean"))]
    done = await ask(hass, "keep_in_step", device_id=device, confirm=True)
    assert done["kept_in_step"]
    assert hub.house.household.kept == {FACE}
    # Ada has no credential, which the terminal lists as an empty first slot.
    assert {one["name"]: one["credentials"] for one in await people(hass)} == {ADA: [], "Grace": ["card"]}
    differences = await ask(hass, "get_differences")
    assert {(one["enroll_id"], one["kind"]) for one in differences["differences"]} == {
        (3, "unknown_here"),
        (4, "unknown_here"),
    }
    assert differences["observed"] == ["Office", "Warehouse"]
    assert (await ask(hass, "settle_difference", device_id=device, enroll_id=3, choice="leave"))["settled"] == 1
    left = await ask(hass, "get_differences", include_left=True)
    assert [(one["enroll_id"], one["left"]) for one in left["differences"]] == [(3, True), (4, False)]
    assert [one["enroll_id"] for one in (await ask(hass, "get_differences"))["differences"]] == [4]
    assert (await refused(hass, hub, "settle_difference", device_id=device, enroll_id=3, choice="take_over"))[0] == (
        "house_empty"
    )
    await ask(hass, "settle_difference", device_id=device, enroll_id=3, choice="take_over", groups=["Front door"])
    assert [one["name"] for one in await people(hass)] == [ADA, "Grace", "Narrow"]
    grace = next(one for one in await people(hass) if one["name"] == "Grace")
    await face.stop()
    await hass.async_block_till_done()
    await ask(hass, "remove_person", person_id=grace["person_id"])
    leaving = (await ask(hass, "get_people"))["leaving"]
    assert [(one["name"], one["terminal"]) for one in leaving] == [("Grace", "Front door")]
    await ask(hass, "keep_in_step", device_id=device, enable=False, confirm=True)
    assert hub.house.household.kept == frozenset()


async def test_a_terminal_that_is_away_is_not_taken_over(hass: HomeAssistant, hub: Hub) -> None:
    key, _ = await refused(hass, hub, "keep_in_step", device_id=hub.terminals[FINGER].device_id, confirm=True)
    assert key == "terminal_offline"


async def test_without_a_vault_no_card_is_taken(hass: HomeAssistant, hub: Hub, entry: MockConfigEntry) -> None:
    hass.config_entries.async_update_entry(entry, options={})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert (await refused(hass, hub, "add_person", name="Zoe", card=CARD))[0] == "house_vault_closed"
    assert (await ask(hass, "add_person", name="Zoe"))["enroll_id"] == 1


async def test_while_the_house_is_not_known_nothing_is_done(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry
) -> None:
    hub.house.keeper.is_known = False
    assert (await refused(hass, hub, "add_person", name="Zoe"))[0] == "house_unknown"
    assert (await refused(hass, hub, "get_people"))[0] == "house_unknown"
    hub.house.keeper.is_known = True
