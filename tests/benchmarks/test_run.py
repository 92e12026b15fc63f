"""How parts are chosen, measured, repeated and reported; none of them starts a Home Assistant here."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
import json
from pathlib import Path
import re
from typing import Any

import pytest

from benchmarks import __main__ as tool, calmness, connect, idle, ingest, verdict
from benchmarks.building import Building, folder_for_houses
from benchmarks.figures import Figure
from benchmarks.parts import GROUPS, PART_SECONDS, PARTS, Apart, Part, named
from scripts.home import REPOSITORY

README = (REPOSITORY / "benchmarks" / "README.md").read_text()


class House:
    """Stands for a house, which is always settled."""

    def __init__(self, number: int) -> None:
        self.number = number

    async def settled(self) -> None:
        """Return at once."""


class Houses:
    """Counts the houses that are built; one that is `broken` does not start."""

    def __init__(self) -> None:
        self.built: list[tuple[int, Mapping[str, Any]]] = []
        self.broken = False

    @asynccontextmanager
    async def building(self, folder: Path, terminals: int, **more: Any) -> AsyncGenerator[House]:
        assert folder.parent.is_dir()
        if self.broken:
            raise RuntimeError("no house")
        self.built.append((terminals, more))
        yield House(len(self.built))


class Machine:
    """Stands for a machine that is as disturbed as it is told."""

    said: Iterator[float] = iter(())

    def disturbance(self) -> float:
        """Return what is next, or that it is calm."""
        return next(self.said, 1.0)

    def calm(self) -> None:
        """Be waited for no longer."""


@pytest.fixture
def houses(monkeypatch: pytest.MonkeyPatch) -> Houses:
    houses = Houses()
    monkeypatch.setattr(tool, "building", houses.building)
    monkeypatch.setattr(tool, "Calmness", Machine)
    monkeypatch.setattr(Machine, "said", iter(()))
    return houses


def figure(part: str, value: float = 1.0, target: str = "<= 2") -> Figure:
    return Figure(part=part, measure="it", value=value, unit="", target=target)


def in_house(name: str, seen: list[int], **more: Any) -> Part:
    async def measure(house: Any, *, quick: bool) -> list[Figure]:
        seen.append(house.number)
        return [figure(name, 0.5 if quick else 1.0)]

    return Part(measure=measure, terminals=3, **more)


async def measured(parts: Mapping[str, Part | Apart], monkeypatch: pytest.MonkeyPatch, *, quick: bool) -> tool.Report:
    monkeypatch.setattr(tool, "PARTS", parts)
    report = tool.Report(None)
    await tool.measure(list(parts), report, quick=quick)
    return report


def values(report: tool.Report) -> dict[str, float]:
    return {one.part: one.value for one in report.figures if one.measure == "it"}


def test_a_group_is_its_parts_and_no_name_is_all_of_them() -> None:
    assert named([]) == list(PARTS)
    assert named(["action", "verdict"]) == ["verdict", "action"]
    assert named(["read"]) == ["read-files", "read-largest", "read-server"]
    attacks = named(["attack"])
    assert len(attacks) == 14
    assert attacks[0] == "attack-quiet"
    assert named(["attack-few-keys", "attack-redial"]) == ["attack-few-keys", "attack-redial"]
    assert not PARTS.keys() & set(GROUPS)


async def test_each_part_has_a_house_of_its_own(houses: Houses, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    parts: dict[str, Part | Apart] = {"one": in_house("one", seen), "two": in_house("two", seen, entities=False)}
    report = await measured(parts, monkeypatch, quick=False)
    assert values(report) == {"one": 1.0, "two": 1.0}
    assert houses.built == [(3, {"entities": True}), (3, {"entities": False})]
    assert seen == [1, 2]


async def test_parts_that_share_a_house_are_measured_in_one(houses: Houses, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    parts = {name: in_house(name, seen, shares="attack") for name in ("one", "two")}
    assert values(await measured({**parts, "three": in_house("three", seen)}, monkeypatch, quick=False)).keys() == {
        *("one", "two", "three")
    }
    assert seen == [1, 1, 2]


async def test_whoever_fails_is_named_and_the_others_count(houses: Houses, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(house: Building, *, quick: bool) -> list[Figure]:
        raise RuntimeError("it fell over")

    async def wait(folder: Path, *, quick: bool) -> list[Figure]:
        await asyncio.Event().wait()
        raise AssertionError

    seen: list[int] = []
    for shares in ("", "attack"):
        parts: dict[str, Part | Apart] = {
            "bad": Part(measure=fail, terminals=1, shares=shares),
            "endless": Apart(measure=wait, seconds=0.01),
            "good": in_house("good", seen, shares=shares),
        }
        report = await measured(parts, monkeypatch, quick=False)
        assert values(report) == {"good": 1.0}
        assert report.failed == ["bad: RuntimeError: it fell over", "endless: TimeoutError: "]


@pytest.mark.parametrize("shares", ["", "attack"])
async def test_a_house_that_does_not_start_fails_what_was_to_be_in_it(
    shares: str, houses: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    houses.broken = True
    report = await measured({"one": in_house("one", [], shares=shares)}, monkeypatch, quick=False)
    assert report.failed == [f"{shares or 'one'}: RuntimeError: no house"]


async def test_where_the_one_house_does_not_start_what_needs_none_counts(
    houses: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def apart(folder: Path, *, quick: bool) -> list[Figure]:
        return [figure("apart")]

    houses.broken = True
    parts: dict[str, Part | Apart] = {
        "one": in_house("one", []),
        "two": in_house("two", []),
        "apart": Apart(measure=apart, is_quick=True),
        "patient": Apart(measure=apart, is_quick=True, is_patient=True),
    }
    report = await measured(parts, monkeypatch, quick=True)
    assert [one.part for one in report.figures if one.measure == "it"] == ["apart", "apart"]
    assert report.failed == ["one, two: RuntimeError: no house"]


async def test_the_calmer_of_two_counts_where_the_machine_was_disturbed(
    houses: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = iter((7.0, 8.0, 9.0))

    async def measure(folder: Path, *, quick: bool) -> list[Figure]:
        return [figure("one", next(tries))]

    # Before and after each: the first try is the calmer of the two.
    monkeypatch.setattr(Machine, "said", iter((1.0, 2.0, 1.0, 3.0)))
    report = await measured({"one": Apart(measure=measure)}, monkeypatch, quick=False)
    assert values(report) == {"one": 7.0}
    assert tool.disturbance_of(report.figures) == 2.0
    assert next(tries) == 9.0


async def test_what_is_kept_between_runs_is_made_before_the_time_of_a_part_begins(
    houses: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    async def prepare() -> None:
        done.append("made")
        await asyncio.sleep(0.05)  # longer than the part may take

    async def measure(folder: Path, *, quick: bool) -> list[Figure]:
        done.append("measured")
        return [figure("one")]

    part = Apart(measure=measure, prepare=prepare, seconds=0.04)
    report = await measured({"one": part}, monkeypatch, quick=False)
    assert (done, report.failed) == (["made", "measured"], [])


async def test_all_that_is_quick_is_in_one_house_and_what_needs_none_is_done_before(
    houses: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    async def apart(folder: Path, *, quick: bool) -> list[Figure]:
        assert quick
        await asyncio.sleep(0)
        done.append("apart")
        return [figure("apart", 0.5)]

    async def together(house: Any, *, quick: bool) -> list[Figure]:
        done.append("together")
        return [figure("together", 0.5)]

    seen: list[int] = []
    parts: dict[str, Part | Apart] = {
        "together": Part(measure=together, terminals=1),
        "one": in_house("one", seen),
        "slow": in_house("slow", seen, is_quick=False),
        "apart": Apart(measure=apart, is_quick=True),
        "houses": Apart(measure=apart),
        "patient": Apart(measure=apart, is_quick=True, is_patient=True),
    }
    report = await measured(parts, monkeypatch, quick=True)
    assert values(report) == {"together": 0.5, "one": 0.5, "apart": 0.5}
    assert done == ["apart", "together", "apart"]
    assert [terminals for terminals, _ in houses.built] == [tool.QUICK_TERMINALS]
    assert seen == [1]


async def test_nothing_is_built_for_what_needs_no_house(houses: Houses, monkeypatch: pytest.MonkeyPatch) -> None:
    async def apart(folder: Path, *, quick: bool) -> list[Figure]:
        return [figure("apart")]

    report = await measured({"apart": Apart(measure=apart, is_quick=True)}, monkeypatch, quick=True)
    assert values(report) == {"apart": 1.0}
    assert houses.built == []


def test_the_shared_house_is_large_enough_for_whoever_is_quick() -> None:
    wanted = (verdict.TERMINALS, ingest.TERMINALS, connect.QUICK_TERMINALS, *idle.QUICK_STEPS)
    assert max(wanted) <= tool.QUICK_TERMINALS


@pytest.mark.parametrize(("value", "sane"), [(9.9, True), (10.1, False)])
def test_beside_a_limit_what_is_absurd_fails(value: float, sane: bool) -> None:
    assert tool.is_sane(replace(figure("one"), value=value, limit=1.0)) is sane


@pytest.mark.parametrize(("value", "sane"), [(39.0, True), (41.0, False)])
def test_standing_alone_what_is_absurd_fails(value: float, sane: bool) -> None:
    assert tool.is_sane(figure("one", value)) is sane


def test_figures_are_written_after_each_part(tmp_path: Path) -> None:
    report = tool.Report(tmp_path / "figures.json")
    report.add([figure("one")])
    assert json.loads((tmp_path / "figures.json").read_text())["one"]["it"]["value"] == 1.0
    report.add([figure("two", 5.0)])
    assert json.loads((tmp_path / "figures.json").read_text())["two"]["it"]["ok"] is False


def test_what_python_has_compiled_of_a_house_goes_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.pycache_prefix", str(tmp_path))
    with folder_for_houses() as folder:
        compiled = tmp_path.joinpath(*folder.parts[1:], "home")
        compiled.mkdir(parents=True)
    assert not folder.exists()
    assert not compiled.parent.exists()


def test_a_machine_is_compared_with_itself_at_its_calmest(monkeypatch: pytest.MonkeyPatch) -> None:
    said = iter((2.0, 3.0, 1.0, 1.5))
    monkeypatch.setattr(calmness, "loop_seconds", lambda: next(said))
    machine = calmness.Calmness()
    assert [machine.disturbance() for _ in range(3)] == [1.5, 1.0, 1.5]


def family(name: str) -> str:
    return name.partition("-")[0]


def test_the_readme_names_what_has_no_quick_form() -> None:
    [said] = re.findall(r"Parts that start houses[^(]*\(([^)]*)\) have no\s+quick\s+form", README, re.DOTALL)
    assert set(re.findall(r"`([a-z-]+)`", said)) == {
        "attack" if family(name) == "attack" else name for name, part in PARTS.items() if not part.is_quick
    }


def test_the_readme_names_what_takes_longer_than_a_part_may() -> None:
    [said] = re.findall(r"A part may take 90 seconds(.*?)\.\s", README, re.DOTALL)
    assert PART_SECONDS == 90
    assert set(re.findall(r"`([a-z-]+)`", said)) == {
        name for name, part in PARTS.items() if part.seconds > PART_SECONDS
    }


def test_each_part_has_a_line_in_the_readme() -> None:
    lines = set(re.findall(r"^\| ([a-z]+) \|", README, re.MULTILINE))
    assert {family(name) for name in PARTS} - lines == set()
