"""What a terminal's records and uploads mean: its state, and the moments it is all about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..people.enrolment import Enrolments
from ..people.person_links import PersonLinks
from ..people.roster import Roster
from ..protocol.enums import Credential
from ..protocol.messages import LogRecord, UserUpload
from ..protocol.peer import printable
from ..protocol.throttle import Throttle
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

# Credentials recorded at a terminal that are told of in a minute. Nobody records more by hand; where a whole building
# is copied onto a terminal the rest shows in its people, and as no event each.
MAX_ENROLLED_TOLD = 30


@dataclass(eq=False)
class Question:
    """A punch the terminal waits for an answer about.

    It is told when it is known what became of it: `granted` is None where nobody answered. `placed` is where it belongs
    in time, once it is kept.
    """

    record: LogRecord
    decided: bool = False
    granted: bool | None = None
    kept: bool = False
    placed: Placed | None = None


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
        asks: Callable[[], bool],
    ) -> None:
        """Tell `moments` what has just happened, and `backlog` what has not.

        `asks` tells whether the terminal asks who may pass: then a punch alone lets in nobody.
        """
        self._coordinator = coordinator
        self._doors = doors
        self._roster = roster
        self._links = links
        self._enrolments = enrolments
        self._echoes = echoes
        self._moments = moments
        self._backlog = backlog
        self._asks = asks
        self._questions: list[Question] = []
        self._enrolled = Throttle(MAX_ENROLLED_TOLD / 60, MAX_ENROLLED_TOLD)

    @callback
    def async_note_upload(self, upload: UserUpload) -> None:
        """Note somebody who was added at the keypad, or the echo of what we wrote."""
        before = self._roster.people.get(upload.enroll_id or 0)
        person = self._roster.async_note_upload(upload)
        if self._enrolments.async_note_upload(upload) or person is None or self._echoes.is_echo(upload):
            return
        # Terminals also send whom they have had all along; only what is new to a known roster has happened just now.
        is_new = bool(person.slots - (before.slots if before else frozenset()))
        if self._roster.complete and is_new and self._enrolled.spend(1):
            self._moments.async_publish(
                EnrolmentMoment(
                    credential=Credential.of(-1 if upload.backup_number is None else upload.backup_number).name.lower(),
                    enroll_id=person.enroll_id,
                    kind=EnrolmentKind.ENROLLED,
                    occurred_at=dt_util.utcnow(),
                    person=self._roster.name_of(person.enroll_id),
                )
            )

    @callback
    def async_history(self, occurred_at: Sequence[datetime], doors: Sequence[tuple[LogRecord, Placed]]) -> None:
        """Count records of the past, which trigger nothing; the newest of `doors` tell how the door is."""
        state = self._coordinator.data
        contacts = state.contacts
        for record, placed in doors:
            if isinstance(moment := moment_of(record, placed.occurred_at, None), DoorMoment):
                contacts = contacts.caught_up(moment.kind, moment.occurred_at)
        self._coordinator.async_replace(replace(state, contacts=contacts))
        self._backlog.async_note(occurred_at)

    @callback
    def async_ask(self, record: LogRecord) -> Question:
        """Note that the terminal waits for an answer about a punch."""
        question = Question(record)
        self._questions.append(question)
        return question

    @callback
    def async_decide(self, question: Question, *, granted: bool | None) -> None:
        """Note what became of a punch, and tell it if it was waiting for that."""
        question.decided, question.granted = True, granted
        if question.placed is not None:
            self._async_tell(question.record, question.placed, question)
        self._async_drop(question)

    @callback
    def async_kept(self, question: Question) -> None:
        """Note that a punch will not be told by its record any more than it has been."""
        question.kept = True
        self._async_drop(question)

    @callback
    def _async_drop(self, question: Question) -> None:
        if question.decided and question.kept and question in self._questions:
            self._questions.remove(question)

    @callback
    def async_live(self, record: LogRecord, placed: Placed) -> None:
        """Tell what has just happened; a punch that is asked about waits for the answer."""
        question = next((asked for asked in self._questions if asked.record == record), None)
        if question is not None and not question.decided:
            question.placed = placed
            return
        self._async_tell(record, placed, question)

    @callback
    def _async_tell(self, record: LogRecord, placed: Placed, question: Question | None) -> None:
        moment = self.moment_of(record, placed, None if question is None else question.granted)
        if moment is None:
            return
        if record.image and isinstance(moment, Punch):
            self._moments.async_publish(
                PunchPhoto(
                    occurred_at=moment.occurred_at,
                    record=record.image,
                    enroll_id=record.enroll_id,
                    mode=record.mode,
                    reader=record.reader,
                    event=record.event,
                )
            )
        if isinstance(moment, Punch):
            self._async_show_punch(moment)
        elif isinstance(moment, DoorMoment):
            state = self._coordinator.data
            contacts = state.contacts.after(moment.kind, moment.occurred_at)
            self._coordinator.async_replace(replace(state, contacts=contacts))
            if moment.kind is DoorKind.BOOT:
                self._doors.async_started()
        self._moments.async_publish(moment)

    @callback
    def _async_show_punch(self, punch: Punch) -> None:
        """Show who used the door last: nobody who was refused, or of whom it is not known."""
        if punch.person is None or (punch.asked and not punch.granted):
            return
        self._coordinator.async_replace(replace(self._coordinator.data, latest_punch=punch))
        if len(self._coordinator.data.doors) == 1:
            self._doors.async_changed_by(1, punch.person)

    def moment_of(self, record: LogRecord, placed: Placed, granted: bool | None = None) -> Moment | None:
        """Return what a record tells; None for what means nothing."""
        moment = moment_of(record, placed.occurred_at, self.name_in(record))
        if not isinstance(moment, Punch):
            return moment
        person = self._links.entity_id_of(moment.enroll_id, record.name)
        return replace(moment, asked=self._asks(), granted=granted, person_entity_id=person)

    def name_in(self, record: LogRecord) -> str | None:
        """Return the name of a record's person: its own, else that of the roster."""
        name = record.name or self._roster.name_of(record.enroll_id)
        return printable(name) if name else None
