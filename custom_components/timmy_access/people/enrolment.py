"""Recording a person's finger, face, palm, card or password at the terminal, on request (specification B35)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..errors import EnrolmentBusy, EnrolmentCancelled, word_of
from ..protocol.commands import AddUser
from ..protocol.commands.people import ENROLMENT_SECONDS
from ..protocol.enums import Credential
from ..protocol.errors import CommandRefused, CommandTimeout, ProtocolError
from ..protocol.messages import UserUpload
from ..protocol.shared import outcome_of
from ..terminal.line import Line
from ..terminal.moments import EnrolmentKind, EnrolmentMoment, Moment
from .people import People

# Firmware that answers sooner has only taken note; nobody is recorded that fast (field notes 5, adduser).
QUICK_ANSWER_SECONDS = 2.0
# The upload of a new credential follows the answer at once (field notes 4).
UPLOAD_SECONDS = 10.0


class Enrolments:
    """Records one person at a time at one terminal, and tells about it in moments."""

    def __init__(self, line: Line, people: People, publish: Callable[[Moment], None]) -> None:
        """Use `line` to reach the terminal and `publish` for what happens."""
        self._line = line
        self._people = people
        self._publish = publish
        self._command: AddUser | None = None
        self._about = 0
        self._uploaded: asyncio.Future[None] | None = None
        self._work: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether somebody is being recorded."""
        return self._work is not None

    async def async_enrol(self, command: AddUser, about: int | None = None) -> None:
        """Have a person recorded at the terminal; returns when the credential is there, within about two minutes.

        `about` is the enroll id that moments tell of, where that is not the one of the command. Raises `EnrolmentBusy`,
        `EnrolmentCancelled`, and the protocol's errors.
        """
        if self._work is not None:
            raise EnrolmentBusy(command.name)
        self._command = command
        self._about = command.enroll_id if about is None else about
        self._uploaded = asyncio.get_running_loop().create_future()
        self._tell(EnrolmentKind.STARTED)
        self._work = asyncio.create_task(self._async_record(command, self._uploaded))
        # Also when nobody waits any more, its failure is known.
        self._work.add_done_callback(lambda task: task.cancelled() or task.exception())
        try:
            await outcome_of(self._work)
        except asyncio.CancelledError:
            self._work.cancel()
            self._tell(EnrolmentKind.CANCELLED)
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            raise EnrolmentCancelled(command.name) from None
        except ProtocolError as err:
            self._tell(EnrolmentKind.FAILED, word_of(err))
            raise
        else:
            self._tell(EnrolmentKind.ENROLLED)
        finally:
            self._command = self._uploaded = self._work = None

    @callback
    def async_cancel(self) -> bool:
        """Call the recording off; False when there is none. The terminal's own screen ends by itself."""
        if self._work is None:
            return False
        self._work.cancel()
        return True

    @callback
    def async_note_upload(self, upload: UserUpload) -> bool:
        """Note that a credential has arrived; True when it is the one that is being recorded."""
        if self._command is None or self._uploaded is None or upload.enroll_id != self._command.enroll_id:
            return False
        if not self._uploaded.done():
            self._uploaded.set_result(None)
        return True

    async def _async_record(self, command: AddUser, uploaded: asyncio.Future[None]) -> None:
        """Wait for the answer and for the upload, in whatever order and meaning the firmware sends them."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        request = asyncio.create_task(self._line.async_request(command))
        try:
            await asyncio.wait((request, uploaded), return_when=asyncio.FIRST_COMPLETED)
            if uploaded.done():
                return
            with suppress(CommandTimeout):
                await request
            quick = loop.time() - begun < QUICK_ANSWER_SECONDS
            patience = ENROLMENT_SECONDS if quick else UPLOAD_SECONDS
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await asyncio.shield(uploaded)
                return
        finally:
            request.cancel()
            with suppress(asyncio.CancelledError, ProtocolError):
                await request
        await self._async_verify(command)

    async def _async_verify(self, command: AddUser) -> None:
        """Look whether the person is there; an answer alone proves nothing (field notes 0.10)."""
        try:
            await self._people.async_record(command.enroll_id, command.backup_number)
        except CommandRefused, CommandTimeout:
            raise CommandTimeout(command.name) from None

    def _tell(self, kind: EnrolmentKind, reason: str | None = None) -> None:
        if self._command is not None:
            self._publish(
                EnrolmentMoment(
                    credential=Credential.of(self._command.backup_number).name.lower(),
                    enroll_id=self._about,
                    kind=kind,
                    occurred_at=dt_util.utcnow(),
                    person=self._command.user_name,
                    reason=reason,
                )
            )
