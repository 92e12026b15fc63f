"""What a terminal costs that is connected and says nothing, beside the least integration that shows the same facts."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from scripts.home import REPOSITORY, Home, free_port
from scripts.home_process import HomeProcess, Plan, prepare

from .building import CONFIGURATION, DOMAIN, MOMENT, PROBE, Building, building, living_for_once
from .figures import Figure
from .load import load

PART = "entities"
# Houses whose difference is looked at; Home Assistant takes 10,000 entities of one entry.
FURNISHED = (25, 150)
TIMES_LEAST = 1.5
LEAST = {
    "domain": "bench_least",
    "name": "Least",
    "config_flow": True,
    "iot_class": "calculated",
    "integration_type": "hub",
    "version": "0.0.0",
}
PLATFORM = '''"""Written by `benchmarks.entities`."""

from .facts import set_up_of

async_setup_entry = set_up_of("{platform}")
'''

type Fact = Mapping[str, Any]


async def facts_of(home: Home, name: str) -> list[Fact]:
    """Return the entities of a terminal with what they show."""
    device_id = await home.device(name)
    states = await home.states()
    listed: list[Mapping[str, Any]] = await home.call("config/entity_registry/list")
    return [
        {
            "platform": entity["entity_id"].partition(".")[0],
            "key": entity["unique_id"].partition("_")[2],
            "name": entity["original_name"],
            "enabled": entity["disabled_by"] is None,
            "state": states[entity["entity_id"]]["state"] if entity["entity_id"] in states else None,
            "attributes": states[entity["entity_id"]]["attributes"] if entity["entity_id"] in states else {},
        }
        for entity in listed
        if entity["platform"] == DOMAIN and entity["device_id"] == device_id
    ]


async def ours(folder: Path, terminals: int) -> tuple[float, list[Fact]]:
    """Return the kilobytes of a Home Assistant with so many connected terminals, and what one of them shows."""
    async with building(folder, terminals) as house, load("hold", house.url, house.serials):
        await house.until_connected(terminals)
        await house.settled()
        return await house.memory(), await facts_of(house.home, house.name_of(house.serials[0]))


async def least(folder: Path, terminals: int, facts: Sequence[Fact]) -> float:
    """Return the kilobytes of a Home Assistant that shows as much of so many terminals, by nothing else."""
    async with least_house(folder, terminals, facts) as house:
        await house.settled()
        return await house.memory()


@asynccontextmanager
async def least_house(folder: Path, terminals: int, facts: Sequence[Fact]) -> AsyncGenerator[Building]:
    """Run a Home Assistant with the least integration."""
    components = REPOSITORY / "benchmarks" / "components"
    entry = {
        "created_at": MOMENT,
        "data": {"facts": list(facts), "terminals": terminals},
        "disabled_by": None,
        "discovery_keys": {},
        "domain": LEAST["domain"],
        "entry_id": "01BENCHLEAST00000000000000",
        "minor_version": 1,
        "modified_at": MOMENT,
        "options": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "source": "user",
        "subentries": [],
        "title": "Least",
        "unique_id": None,
        "version": 1,
    }
    plan = Plan(
        configuration=CONFIGURATION.format(more=""),
        storage={
            "core.config_entries": {
                "version": 1,
                "minor_version": 5,
                "key": "core.config_entries",
                "data": {"entries": [entry]},
            }
        },
        components=(components / "bench_probe", components / "bench_least"),
        manifests={"bench_probe": PROBE, "bench_least": LEAST},
    )
    home_port = free_port()
    prepare(folder, home_port, plan)
    for platform in {fact["platform"] for fact in facts}:
        written = folder / "custom_components" / "bench_least" / f"{platform}.py"
        written.write_text(PLATFORM.format(platform=platform))
    process = HomeProcess(folder, home_port)
    async with living_for_once(process) as home:
        shown = sum(fact["enabled"] for fact in facts) * terminals
        if len([state for state in await home.states() if "terminal_" in state]) < shown:
            raise RuntimeError("the least integration does not show everything")
        yield Building(home, process, home_port, ())


async def measure(folder: Path, *, quick: bool) -> list[Figure]:  # noqa: ARG001 - it has no quick form
    """Return the figures of this part."""
    few, many = FURNISHED
    our_few, facts = await ours(folder / f"ours-{few}", few)
    our_many, _ = await ours(folder / f"ours-{many}", many)
    least_few, least_many = [await least(folder / f"least-{count}", count, facts) for count in FURNISHED]
    return [
        Figure(
            part=PART,
            measure=f"memory of a terminal, of {many}",
            value=(our_many - our_few) / (many - few),
            limit=(least_many - least_few) / (many - few),
            unit="kB",
            target=f"<= {TIMES_LEAST}",
        ),
        Figure(part=PART, measure="its entities", value=len(facts), unit=""),
        Figure(part=PART, measure="enabled of them", value=sum(fact["enabled"] for fact in facts), unit=""),
    ]
