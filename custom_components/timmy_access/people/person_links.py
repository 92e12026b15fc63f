"""Which person of Home Assistant somebody on a terminal is."""

from collections.abc import Callable

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import PERSON_DOMAIN
from ..issues import DATA_SERIAL, async_clear, async_raise
from ..ledger import likeness
from ..protocol.peer import printable
from ..terminal.store import TerminalStore
from .roster import Roster, RosterChange

# The translation key of the question, and where its issue says whom it is about: an answer is about nobody else.
RENAMED = "person_renamed"
DATA_ENROLL_ID = "enroll_id"
DATA_NAME = "name"
DATA_PERSON = "person"


class PersonLinks:
    """The links of the people of one terminal, kept over restarts.

    A link follows its person through a change of the entity ID. It ends when somebody here deletes the person from the
    terminal. Where only a list of the terminal leaves the person out it pauses, as lists can be somebody else's: it
    goes on when the terminal has the enroll ID again, with the same name. Whoever has the number with another name may
    be the same person or somebody else: it pauses too, and a repair issue asks.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        store: TerminalStore,
        serial: str,
        roster: Roster,
        name: Callable[[], str],
        house: Callable[[int, str | None], str | None],
    ) -> None:
        """Follow the roster; `name` is what the terminal is called.

        `house` returns the registry id of the person that the house knows somebody to be, for whom this terminal has no
        link of its own.
        """
        self._hass = hass
        self._entry_id = entry_id
        self._store = store
        self._serial = serial
        self._roster = roster
        self._name = name
        self._house = house
        self._asked: set[int] = set()
        roster.async_subscribe(self._async_changed)

    @callback
    def entity_id_of(self, enroll_id: int | None, name: str | None = None) -> str | None:
        """Return the person that an enroll ID is linked to, of whom something is told that may say a name.

        None where there is none, or no such entity any more, while the link pauses, and for another name.
        """
        if enroll_id in self._store.paused(self._serial):
            return None
        known = self._roster.name_of(enroll_id)
        if name and known and likeness(name) != likeness(known):
            return None
        number = enroll_id or 0
        if self.is_linked(number):
            entity = self._person_of(number)
        else:
            entry_id = self._house(number, name or known)
            entity = er.async_get(self._hass).entities.get_entry(entry_id) if entry_id else None
        return entity.entity_id if entity else None

    def _person_of(self, enroll_id: int) -> er.RegistryEntry | None:
        entry_id = self._store.links(self._serial).get(enroll_id)
        return er.async_get(self._hass).entities.get_entry(entry_id) if entry_id else None

    @callback
    def is_linked(self, enroll_id: int) -> bool:
        """Return whether there is a link, also one that pauses or whose person is gone."""
        return enroll_id in self._store.links(self._serial)

    @callback
    def async_link(self, enroll_id: int, person: er.RegistryEntry) -> None:
        """Link somebody to a person, and no longer to another."""
        self._store.async_link(self._serial, enroll_id, person.id)
        self.async_ask()

    @callback
    def async_unlink(self, enroll_id: int) -> None:
        """Link somebody to nobody."""
        self._store.async_unlink(self._serial, (enroll_id,))
        self.async_ask()

    @callback
    def async_go_on(self, enroll_id: int) -> None:
        """Let a link go on that pauses: by whatever name, it is the same person."""
        self._store.async_resume(self._serial, (enroll_id,))
        self.async_ask()

    @callback
    def async_ask(self) -> None:
        """Ask about everybody whose link pauses and whose number has another name, and about nobody else."""
        questions: dict[int, tuple[str, str]] = {}
        for enroll_id, old in self._store.paused(self._serial).items():
            person = self._roster.people.get(enroll_id)
            if person is not None and likeness(person.name) not in ("", likeness(old)):
                questions[enroll_id] = (old, person.name)
        for enroll_id in self._asked - questions.keys():
            async_clear(self._hass, RENAMED, self._subject(enroll_id))
        self._asked = set(questions)
        for enroll_id, (old, new) in questions.items():
            linked = self._person_of(enroll_id)
            async_raise(
                self._hass,
                self._entry_id,
                RENAMED,
                self._subject(enroll_id),
                placeholders={
                    "terminal": self._name(),
                    "number": str(enroll_id),
                    "old": printable(old),
                    "new": printable(new),
                    "person": (linked.name or linked.original_name or linked.entity_id) if linked else "",
                },
                data={
                    DATA_SERIAL: self._serial,
                    DATA_ENROLL_ID: str(enroll_id),
                    DATA_NAME: new,
                    DATA_PERSON: linked.id if linked else "",
                },
            )

    @callback
    def async_stop_asking(self) -> None:
        """Take all questions back."""
        for enroll_id in self._asked:
            async_clear(self._hass, RENAMED, self._subject(enroll_id))
        self._asked.clear()

    def _subject(self, enroll_id: int) -> str:
        return f"{self._serial}_{enroll_id}"

    @callback
    def _async_changed(self, change: RosterChange) -> None:
        if change.deleted:
            self._store.async_unlink(self._serial, change.gone)
            self.async_ask()
            return
        linked, paused = self._store.links(self._serial), self._store.paused(self._serial)
        names = {person.enroll_id: likeness(person.name) for person in change.changed}
        pausing = {
            enroll_id: name
            for enroll_id, name in change.names.items()
            if enroll_id in linked and enroll_id not in paused and names.get(enroll_id) != likeness(name)
        }
        self._store.async_pause(self._serial, pausing)
        back = [number for number, name in names.items() if number in paused and likeness(paused[number]) == name]
        self._store.async_resume(self._serial, back)
        if linked:
            self.async_ask()


@callback
def async_person(hass: HomeAssistant, entity_id: str) -> er.RegistryEntry | None:
    """Return the person with an entity ID; None for what is no person."""
    entity = er.async_get(hass).async_get(entity_id)
    return entity if entity is not None and entity.domain == PERSON_DOMAIN else None
