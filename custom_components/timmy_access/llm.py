"""What a voice assistant may ask of the access log: who came in. Nothing here opens, changes or enrols anything."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import override

import voluptuous as vol

from homeassistant.components.llm import LLMTools
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers.llm import LLM_API_ASSIST, LLMContext, Tool, ToolAnnotations, ToolInput, ToolResult
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType

from .const import DOMAIN
from .hub.hub import TimmyAccessConfigEntry
from .hub.rights import async_may_read
from .hub.terminal import Terminal
from .ledger import LedgerUnavailable, RecordFilter, RecordKind
from .protocol.peer import as_text
from .records.reading import Readable, serials_of
from .voice.exposed import async_telling

# A model reads every word of an answer; more people than these are no answer to be spoken.
MAX_RECORDS = 100

ATTR_DAY = "day"
ATTR_TERMINAL = "terminal"

# For each word when it begins and ends, in days from the last midnight.
_DAYS: Mapping[str, tuple[int, int]] = {"today": (0, 1), "yesterday": (-1, 0), "week": (-6, 1)}
# What is said of a record: no enroll id, no serial number, no temperature.
_SAID = ("occurred_at", "terminal", "person", "method", "outcome")


class WhoCameInTool(Tool):
    """Tells who was recognised at which terminal."""

    name = "timmy_access__who_came_in"
    title = "Who came in"
    description = (
        "Lists who identified themselves at the access terminals of this building, newest first: person, terminal, "
        "time, method and outcome. A person that is null was not recognised, and one whose outcome is refused did not "
        "come in. It cannot tell who is still inside."
    )
    annotations = ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)
    integration = DOMAIN

    def __init__(self, terminals: list[str]) -> None:
        """Offer the terminals with these names."""
        self.parameters = vol.Schema(
            {
                vol.Required(ATTR_DAY): vol.In(list(_DAYS)),
                vol.Optional(ATTR_TERMINAL): vol.In(terminals),
            }
        )

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext) -> ToolResult:
        """Read the access log of the exposed terminals."""
        data = self.parameters(tool_input.tool_args)
        since, until = _span(data[ATTR_DAY])
        records: list[JsonValueType] = []
        complete = True
        for entry, terminals in _exposed(hass, llm_context).items():
            asked = [
                terminal
                for entity_id, terminal in terminals.items()
                if data.get(ATTR_TERMINAL, terminal.name) == terminal.name
                and await async_may_read(hass, llm_context.context or Context(), entity_id)
            ]
            if not asked:
                continue
            which = RecordFilter(serials=serials_of(asked), since=since, until=until, kind=RecordKind.PUNCH)
            try:
                page = await entry.runtime_data.ledger.records(which, limit=MAX_RECORDS)
            except LedgerUnavailable:
                return ToolResult(data={"error": "The access log cannot be read at the moment"}, error=True)
            complete = complete and page.next is None
            readable = Readable(asked)
            records += [
                {word: as_text(said) if isinstance(said := told[word], str) else said for word in _SAID}
                for told in map(readable.record, page.records)
            ]
        return ToolResult(data={"records": records, "complete": complete})


@callback
def async_get_tools(hass: HomeAssistant, llm_context: LLMContext, api_id: str) -> LLMTools | None:
    """Offer the terminals whose access event is exposed to the assistant."""
    if api_id != LLM_API_ASSIST:
        return None
    exposed = _exposed(hass, llm_context).values()
    names = sorted({terminal.name for terminals in exposed for terminal in terminals.values()})
    return LLMTools(tools=[WhoCameInTool(names)]) if names else None


@callback
def _exposed(hass: HomeAssistant, llm_context: LLMContext) -> dict[TimmyAccessConfigEntry, dict[str, Terminal]]:
    return {} if llm_context.assistant is None else async_telling(hass, llm_context.assistant)


def _span(day: str) -> tuple[datetime, datetime]:
    today = dt_util.start_of_local_day()
    first, last = _DAYS[day]
    return (
        dt_util.start_of_local_day(today + timedelta(days=first)),
        dt_util.start_of_local_day(today + timedelta(days=last)),
    )
