"""Who came in and who is inside, as far as the exposed terminals know.

That a terminal cannot be asked is said and never taken for "nobody". A name that several people have is asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..hub.hub import Hub
from ..hub.rights import async_may_read
from ..hub.terminal import Terminal
from ..ledger import LedgerUnavailable, RecordFilter, RecordKind, StoredRecord, likeness, nameless
from ..people.roll_call import Passing, Who
from ..protocol.peer import printable
from ..records.reading import Readable, serials_of
from .exposed import async_telling
from .sentences import Ask, sayable
from .speech import Speech

# A day of a large building is read in pages of this size, and no more of them than these.
PAGE = 200
MAX_PAGES = 10
# More people than these are no answer to be spoken.
MAX_SAID = 20
# Names of one house that Assist listens for: each makes every sentence slower to match, and these take some 50 ms.
MAX_NAMES = 500


@dataclass(frozen=True, kw_only=True)
class Known:
    """The people of some terminals: whom each spoken name may mean, by likeness, and how people are called."""

    meant: Mapping[str, frozenset[str]] = field(default_factory=dict)
    called: Mapping[str, str] = field(default_factory=dict)


@callback
def async_known(hass: HomeAssistant, assistant: str) -> Known:
    """Return the people that may be asked for: those of a house whose terminals tell who comes and who goes.

    Everybody is known by the whole name and by its first word.
    """
    called: dict[str, str] = {}
    for entry, terminals in async_telling(hass, assistant).items():
        hub = entry.runtime_data
        if hub.roll_call.counted.isdisjoint(terminal.serial for terminal in terminals.values()):
            continue
        names = [person.name for person in hub.house.keeper.household.people.values()]
        names += [passing.name for passing in hub.roll_call.inside.values() if passing.name]
        called |= {likeness(name): printable(name) for name in names[:MAX_NAMES] if sayable(name)}
    meant: dict[str, set[str]] = {}
    for person, name in called.items():
        words = likeness(sayable(name)).split()
        for spoken in {" ".join(words), words[0]}:
            meant.setdefault(spoken, set()).add(person)
    return Known(meant={spoken: frozenset(people) for spoken, people in meant.items()}, called=called)


async def async_who_came_in(speech: Speech, assistant: str) -> str:
    """Tell who was let in today, each once, by when they first came."""
    asked, refusal = await _async_asked(speech, assistant)
    if refusal is not None:
        return refusal
    first: dict[str, tuple[str, str]] = {}
    complete = True
    for hub, terminals in asked:
        try:
            records, whole = await _async_today(hub, terminals)
        except LedgerUnavailable:
            return await speech.async_answer("log_away")
        complete = complete and whole
        readable = Readable(terminals)
        for told in map(readable.record, reversed(records)):
            person = told["person"]
            if isinstance(person, str) and told["outcome"] != "refused":
                at = dt_util.parse_datetime(str(told["occurred_at"]))
                called = await _async_called(speech, person, told["enroll_id"])
                shown = f"{called} ({at:%H:%M})" if at and told["time_known"] else called
                first.setdefault(likeness(person), (str(told["occurred_at"]), shown))
    more = "" if complete else f" {await speech.async_answer('more')}"
    if not first:
        where = _names(terminal for _, terminals in asked for terminal in terminals)
        return await speech.async_answer("nobody_came", terminals=where) + more
    said = [name for _, name in sorted(first.values(), key=lambda one: one[0])]
    return await speech.async_answer("came", people=await _async_listed(speech, said)) + more


async def async_who_is_inside(speech: Speech, assistant: str) -> str:
    """Tell who is inside."""
    inside, counted, refusal = await _async_inside(speech, assistant)
    if refusal is not None:
        return refusal
    maybe = await _async_maybe(speech, counted)
    if not inside:
        where = _names(terminal for _, terminal in counted)
        return await speech.async_answer("nobody_inside", terminals=where) + maybe
    names = sorted([await _async_called(speech, passing.name, who[0]) for who, passing in inside])
    return await speech.async_answer("inside", people=await _async_listed(speech, names)) + maybe


async def async_is_here(speech: Speech, assistant: str) -> str:
    """Tell whether somebody is inside."""
    inside, counted, refusal = await _async_inside(speech, assistant)
    if refusal is not None:
        return refusal
    known = async_known(speech.hass, assistant)
    found = {
        person
        for ask in (Ask.IS_HERE, Ask.IS_HOME)
        for name, _ in speech.phrasebook.meant(ask, speech.text, known.meant)
        for person in known.meant[name]
    }
    names = sorted(known.called[person] for person in found)
    if len(found) != 1:
        return (
            await speech.async_answer("which", names=", ".join(names))
            if names
            else await speech.async_answer("no_person")
        )
    (person,) = found
    here = [passing for _, passing in inside if likeness(passing.name) == person]
    namesakes = {
        one.person_id
        for hub, _ in counted
        for one in hub.house.keeper.household.people.values()
        if likeness(one.name) == person
    }
    if len(here) > 1 or len(namesakes) > 1:
        return await speech.async_answer("several_people", name=names[0])
    if here:
        since = dt_util.as_local(here[0].occurred_at)
        return await speech.async_answer("is_inside", person=names[0], time=f"{since:%H:%M}")
    where = _names(terminal for _, terminal in counted)
    said = await speech.async_answer("is_not_inside", person=names[0], terminals=where)
    return said + await _async_maybe(speech, counted)


async def _async_asked(speech: Speech, assistant: str) -> tuple[list[tuple[Hub, list[Terminal]]], str | None]:
    """Return the terminals that may be told of, by listener, or why there are none."""
    telling = async_telling(speech.hass, assistant)
    if not telling:
        return [], await speech.async_answer("nothing_exposed")
    asked = []
    for entry, terminals in telling.items():
        may = [
            terminal
            for entity_id, terminal in terminals.items()
            if await async_may_read(speech.hass, speech.context, entity_id)
        ]
        if may:
            asked.append((entry.runtime_data, may))
    return asked, None if asked else await speech.async_answer("not_allowed")


async def _async_inside(
    speech: Speech, assistant: str
) -> tuple[list[tuple[Who, Passing]], list[tuple[Hub, Terminal]], str | None]:
    """Return who is inside by the terminals that may be told of and count, and those; or why that cannot be said."""
    asked, refusal = await _async_asked(speech, assistant)
    if refusal is not None:
        return [], [], refusal
    counted = [
        (hub, terminal)
        for hub, terminals in asked
        for terminal in terminals
        if terminal.serial in hub.roll_call.counted
    ]
    if not counted:
        return [], [], await speech.async_answer("not_counted")
    serials = {terminal.serial for _, terminal in counted}
    inside = [one for hub, _ in asked for one in hub.roll_call.inside.items() if one[1].serial in serials]
    return inside, counted, None


async def _async_today(hub: Hub, terminals: Iterable[Terminal]) -> tuple[list[StoredRecord], bool]:
    """Return the punches of today, newest first, and whether these are all."""
    which = RecordFilter(
        serials=serials_of(terminals), since=dt_util.start_of_local_day(), until=dt_util.now(), kind=RecordKind.PUNCH
    )
    records: list[StoredRecord] = []
    after = None
    for _ in range(MAX_PAGES):
        page = await hub.ledger.records(which, limit=PAGE, after=after)
        records += page.records
        if (after := page.next) is None:
            return records, True
    return records, False


async def _async_maybe(speech: Speech, counted: Iterable[tuple[Hub, Terminal]]) -> str:
    away = _names(terminal for hub, terminal in counted if terminal.serial in hub.roll_call.uncertain)
    return f" {await speech.async_answer('maybe', terminals=away)}" if away else ""


async def _async_called(speech: Speech, name: str | None, number: object) -> str:
    """Return what somebody is called: by their name, or by their number where no name is known."""
    if name and name != nameless(number):
        return printable(name)
    return await speech.async_answer("number", number=str(number))


async def _async_listed(speech: Speech, names: list[str]) -> str:
    said = ", ".join(names[:MAX_SAID])
    left = len(names) - MAX_SAID
    return said if left <= 0 else await speech.async_answer("and_others", people=said, number=str(left))


def _names(terminals: Iterable[Terminal]) -> str:
    return ", ".join(sorted({terminal.name for terminal in terminals}))
