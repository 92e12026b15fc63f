"""Which person of Home Assistant somebody on a terminal is."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ..const import PERSON_DOMAIN
from ..terminal.store import TerminalStore
from .roster import Roster, RosterChange


class PersonLinks:
    """The links of the people of one terminal, kept over restarts.

    A link follows its person through a change of the entity ID. It ends when somebody here deletes the person from the
    terminal. Where only a list of the terminal leaves the person out it pauses, as lists can be somebody else's: it
    goes on when the terminal has the enroll ID again, with the same name. Whoever gets the number with another name is
    somebody else, and is to be linked anew.
    """

    def __init__(self, hass: HomeAssistant, store: TerminalStore, serial: str, roster: Roster) -> None:
        """Follow the roster."""
        self._hass = hass
        self._store = store
        self._serial = serial
        roster.async_subscribe(self._async_changed)

    @callback
    def entity_id_of(self, enroll_id: int | None) -> str | None:
        """Return the person that an enroll ID is linked to.

        None where there is none, or no such entity any more, and while the link pauses.
        """
        if enroll_id in self._store.paused(self._serial):
            return None
        entry_id = self._store.links(self._serial).get(enroll_id or 0)
        entity = er.async_get(self._hass).entities.get_entry(entry_id) if entry_id else None
        return entity.entity_id if entity else None

    @callback
    def is_linked(self, enroll_id: int) -> bool:
        """Return whether there is a link, also one that pauses or whose person is gone."""
        return enroll_id in self._store.links(self._serial)

    @callback
    def async_link(self, enroll_id: int, person: er.RegistryEntry) -> None:
        """Link somebody to a person, and no longer to another."""
        self._store.async_link(self._serial, enroll_id, person.id)

    @callback
    def async_unlink(self, enroll_id: int) -> None:
        """Link somebody to nobody."""
        self._store.async_unlink(self._serial, (enroll_id,))

    @callback
    def _async_changed(self, change: RosterChange) -> None:
        if change.deleted:
            self._store.async_unlink(self._serial, change.gone)
            return
        linked, paused = self._store.links(self._serial), self._store.paused(self._serial)
        pausing = {enroll_id: name for enroll_id, name in change.names.items() if enroll_id in linked}
        self._store.async_pause(self._serial, {key: name for key, name in pausing.items() if key not in paused})
        back = [person.enroll_id for person in change.changed if paused.get(person.enroll_id) == person.name]
        self._store.async_resume(self._serial, back)


@callback
def async_person(hass: HomeAssistant, entity_id: str) -> er.RegistryEntry | None:
    """Return the person with an entity ID; None for what is no person."""
    entity = er.async_get(hass).async_get(entity_id)
    return entity if entity is not None and entity.domain == PERSON_DOMAIN else None
