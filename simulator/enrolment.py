"""A remote enrolment in progress (spec B35)."""

import asyncio
from dataclasses import dataclass

from .people import card, template
from .photo import PUNCH_PHOTO
from .users import CARD, FINGERPRINTS, PASSWORD, PHOTO
from .wire import Frame


@dataclass(frozen=True, slots=True, eq=False)
class Enrolment:
    """The screen says "please scan"; the answer to `adduser` waits for the person (field notes 5, adduser)."""

    enrollid: int
    backupnum: int
    name: str
    admin: int
    answer: asyncio.Future[Frame]
    timer: asyncio.TimerHandle

    def finish(self, reply: Frame) -> None:
        """Leave the screen with an answer."""
        self.timer.cancel()
        if not self.answer.done():
            self.answer.set_result({"enrollid": self.enrollid} | reply)

    def sample(self) -> str | int:
        """Return what a scan yields."""
        if self.backupnum == CARD:
            return card(self.enrollid)
        if self.backupnum == PASSWORD:
            return 1234
        if self.backupnum == PHOTO:
            return PUNCH_PHOTO
        return template(self.enrollid, self.backupnum if self.backupnum in FINGERPRINTS else 0)
