"""What a terminal's records and uploads mean: its state, and the moments it is all about."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..people.enrolment import Enrolments
from ..people.person_links import PersonLinks
from ..people.roster import Roster
from ..protocol.enums import Credential
from ..protocol.messages import LogRecord, UserUpload
from ..protocol.peer import printable
from ..records.backlog import Backlog
from ..terminal.clock import Placed
from ..terminal.coordinator import TerminalCoordinator
from ..terminal.doors import Doors
from ..terminal.echoes import Echoes
from ..terminal.moments import (
    DoorKind,
    DoorMoment,
    EnrolmentKind,
    EnrolmentMoment,
    Moment,
    Moments,
    Punch,
    PunchPhoto,
    moment_of,
)


class Interpreter:
    """Turns what one terminal reports into state and moments."""

    def __init__(
        self,
        coordinator: TerminalCoordinator,
        doors: Doors,
        roster: Roster,
        links: PersonLinks,
        enrolments: Enrolments,
        echoes: Echoes,
        moments: Moments,
        backlog: Backlog,
    ) -> None:
        """Tell `moments` what has just happened, and `backlog` what has not."""
        self._coordinator = coordinator
        self._doors = doors
        self._roster = roster
        self._links = links
        self._enrolments = enrolments
        self._echoes = echoes
        self._moments = moments
        self._backlog = backlog
        self.asked: list[LogRecord] = []
        """Punches the terminal waits for an answer about."""

    @callback
    def async_note_upload(self, upload: UserUpload) -> None:
        """Note somebody who was added at the keypad, or the echo of what we wrote."""
        before = self._roster.people.get(upload.enroll_id or 0)
        person = self._roster.async_note_upload(upload)
        if self._enrolments.async_note_upload(upload) or person is None or self._echoes.is_echo(upload):
            return
        # Terminals also send whom they have had all along; only what is new to a known roster has happened just now.
        if self._roster.complete and person.slots - (before.slots if before else frozenset()):
            self._moments.async_publish(
                EnrolmentMoment(
                    credential=Credential.of(-1 if upload.backup_number is None else upload.backup_number).name.lower(),
                    enroll_id=person.enroll_id,
                    kind=EnrolmentKind.ENROLLED,
                    occurred_at=dt_util.utcnow(),
                    person=person.name or None,
                )
            )

    @callback
    def async_history(self, occurred_at: Sequence[datetime]) -> None:
        """Count records of the past; they change nothing and trigger nothing."""
        self._backlog.async_note(occurred_at)

    @callback
    def async_live(self, record: LogRecord, placed: Placed) -> None:
        """Tell what has just happened."""
        moment = self.moment_of(record, placed)
        if moment is None:
            return
        if record.image and isinstance(moment, Punch):
            self._moments.async_publish(PunchPhoto(occurred_at=moment.occurred_at, record=record.image))
        if isinstance(moment, Punch) and moment.person is not None:
            self._coordinator.async_replace(replace(self._coordinator.data, latest_punch=moment))
            if len(self._coordinator.data.doors) == 1:
                self._doors.async_changed_by(1, moment.person)
        elif isinstance(moment, DoorMoment):
            state = self._coordinator.data
            self._coordinator.async_replace(replace(state, contacts=state.contacts.after(moment.kind)))
            if moment.kind is DoorKind.BOOT:
                self._doors.async_release()
        self._moments.async_publish(moment)

    def moment_of(self, record: LogRecord, placed: Placed) -> Moment | None:
        """Return what a record tells; None for what means nothing."""
        moment = moment_of(record, placed.occurred_at, self.name_in(record))
        if not isinstance(moment, Punch):
            return moment
        person = self._links.entity_id_of(moment.enroll_id)
        return replace(moment, asked=record in self.asked, person_entity_id=person)

    def name_in(self, record: LogRecord) -> str | None:
        """Return the name of a record's person: its own, else that of the roster."""
        name = record.name or self._roster.name_of(record.enroll_id)
        return printable(name) if name else None
