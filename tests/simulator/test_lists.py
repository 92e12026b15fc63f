from hypothesis import given, strategies as st
import pytest

from simulator import User
from simulator.paging import Pages

from .conftest import Frame, Lab, Server, keep_silent


async def test_old_list_convention(lab: Lab, server: Server) -> None:
    terminal = lab.terminal("tfs30")
    for number in range(1, 7):
        terminal.add_user(User(enrollid=number, admin=number % 2, credentials={0: "c5"}))
    await lab.plug_in(terminal)
    await terminal.wait_registered()
    reply = await server.call("getuserlist", stn=True)
    assert (reply["count"], reply["from"], reply["to"]) == (6, 0, 6)
    assert reply["record"][0] == {"enrollid": 1, "admin": "1", "backupnum": 0}
    assert await server.silent("getuserlist", stn=False)
    assert (await server.call("getuserinfo", enrollid=1, backupnum=0))["admin"] == 1
    assert (await server.call("getuserlist", stn=True))["from"] == 0


async def test_old_list_with_a_second_page(lab: Lab, server: Server) -> None:
    terminal = lab.terminal("tfs30")
    for number in range(1, 46):
        terminal.add_user(User(enrollid=number, credentials={0: "c5"}))
    await lab.plug_in(terminal)
    await terminal.wait_registered()
    first = await server.call("getuserlist", stn=True)
    second = await server.call("getuserlist", stn=False)
    assert (first["count"], first["from"], first["to"]) == (45, 0, 40)
    assert (second["count"], second["from"], second["to"]) == (45, 40, 45)


async def test_printed_list_convention(lab: Lab, server: Server) -> None:
    terminal = lab.terminal("ai_face")
    for number in range(1, 46):
        terminal.add_user(User(enrollid=number, credentials={50: f"p{number}"}))
    await lab.plug_in(terminal)
    await terminal.wait_registered()
    pages = [await server.call("getuserlist", stn=stn) for stn in (True, False, False, False)]
    assert [(p["count"], p["from"], p["to"]) for p in pages] == [
        (40, 0, 39),
        (5, 40, 44),
        (0, 0, 0),
        (0, 0, 0),
    ]
    assert pages[0]["record"][0] == {"enrollid": 1, "admin": 0, "backupnum": 50}
    assert pages[2]["record"] == []


@pytest.mark.parametrize("cmd", ["getuserlist", "getnewlog", "getalllog"])
@pytest.mark.parametrize("profile", ["tfs30", "ai_face", "controller4"])
async def test_empty_lists(lab: Lab, server: Server, profile: str, cmd: str) -> None:
    await lab.registered(profile)
    reply = await server.call(cmd, stn=True)
    assert (reply["count"], reply["from"], reply["to"], reply["record"]) == (0, 0, 0, [])


async def test_continuing_a_list_which_never_began(lab: Lab, server: Server) -> None:
    await lab.registered("tfs30")
    assert await server.silent("getalllog", stn=False)
    await lab.registered("ai_face")
    assert (await server.call("getalllog", stn=False))["count"] == 0


async def test_somebody_without_credentials_is_listed(lab: Lab, server: Server) -> None:
    terminal = await lab.registered("ai_face")
    terminal.add_user(User(enrollid=5, name="Bo"))
    assert (await server.call("getuserlist", stn=True))["record"] == [{"enrollid": 5, "admin": 0, "backupnum": 0}]
    assert (await server.call("getuserinfo", enrollid=5, backupnum=0))["record"] == ""


@pytest.mark.parametrize(("profile", "last"), [("tfs30", 50), ("ai_face", 49)])
async def test_new_logs(lab: Lab, server: Server, profile: str, last: int) -> None:
    server.replies["sendlog"] = keep_silent
    terminal = lab.terminal(profile)
    for number in range(1, 61):
        terminal.punch(number)
    await lab.plug_in(terminal)
    await terminal.wait_registered()
    first = await server.call("getnewlog", stn=True)
    assert (first["count"], first["from"], first["to"]) == (60, 0, last)
    assert "image" not in first["record"][0]
    assert terminal.unsent == 10
    second = await server.call("getnewlog", stn=False)
    assert [record["enrollid"] for record in second["record"]] == list(range(51, 61))
    assert terminal.unsent == 0
    assert (await server.call("getnewlog", stn=True))["count"] == 0
    assert (await server.call("getalllog", stn=True))["count"] == 60


async def test_all_logs_of_some_days(lab: Lab, server: Server) -> None:
    terminal = lab.terminal()
    for day in ("2018-10-31", "2018-11-01", "2018-12-30", "2018-12-31"):
        terminal.punch(1, time=f"{day} 23:30:00")
    await lab.plug_in(terminal)
    await terminal.wait_registered()

    async def days(**span: str) -> list[str]:
        reply = await server.call("getalllog", stn=True, **span)
        return [record["time"][5:10] for record in reply["record"]]

    assert await days(**{"from": "2018-11-1", "to": "2018-12-30"}) == ["11-01", "12-30"]
    assert await days(**{"from": "2018-12-30 23:31:00"}) == ["12-31"]
    assert await days(to="2018-10-31 23:30:00") == ["10-31"]
    assert len(await days()) == 4


@given(
    st.integers(min_value=0, max_value=200),
    st.integers(min_value=1, max_value=60),
    st.sampled_from(["total", "page"]),
)
def test_pages_carry_every_item_once(count: int, size: int, style: str) -> None:
    items: list[Frame] = [{"number": number} for number in range(count)]
    pages = Pages(items, size, "total" if style == "total" else "page", counts_all=False)
    seen: list[Frame] = []
    page: Frame | None = pages.first()
    while page is not None and page["record"]:
        assert page["from"] == len(seen)
        seen += page["record"]
        assert page["to"] == len(seen) - (style == "page")
        page = pages.next()
    assert seen == items
    assert (page is None) == (style == "total" and count > 0)
