"""What the entities and the state of a terminal cost that is connected and says nothing."""

from pathlib import Path

from .building import Building, building
from .figures import Figure
from .load import load

PART = "entities"
# Houses whose terminals have entities; Home Assistant takes 10,000 entities of one entry.
FURNISHED = (25, 150)
# The part looks at houses of its own.
TERMINALS = 1


async def memory(folder: Path, terminals: int, *, entities: bool) -> float:
    """Return the kilobytes of a Home Assistant with so many connected terminals."""
    async with building(folder, terminals, entities=entities) as house, load("hold", house.url, house.serials):
        await house.until_connected(terminals)
        await house.settled()
        return (await house.probe())["memory_kb"]


async def measure(house: Building, *, quick: bool) -> list[Figure]:  # noqa: ARG001 - as all parts are called
    """Return the figures of this part, which has no quick form."""
    few, many = FURNISHED
    folder = house.home.folder.parent
    costs = {}
    for entities in (True, False):
        taken = [await memory(folder / f"{count}-{entities}", count, entities=entities) for count in (few, many)]
        costs[entities] = (taken[1] - taken[0]) / (many - few)
    return [Figure(part=PART, measure="memory of a terminal's entities", value=costs[True] - costs[False], unit="kB")]
