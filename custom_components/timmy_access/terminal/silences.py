"""Which questions a terminal has never answered: they are not asked at each connect, as waiting for them takes long."""

from datetime import date, timedelta

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .coordinator import TerminalCoordinator
from .store import Answering, Silence, TerminalStore

# Connections over which a question stays unanswered, before it counts as never answered: a terminal with a backlog may
# be too busy at first (field notes 4: nothing else was sent for two minutes).
TIMES = 3
# And then it is asked again so seldom.
ASK_AGAIN = timedelta(days=7)


class Silences:
    """What is remembered of one terminal's answers, over restarts and for one version of its firmware."""

    def __init__(self, store: TerminalStore, coordinator: TerminalCoordinator) -> None:
        """Keep in `store` what the terminal of `coordinator` does."""
        self._store = store
        self._coordinator = coordinator

    @callback
    def async_is_worth_asking(self, question: str) -> bool:
        """Return whether a question may be answered: it was once, or was not asked by this firmware for long."""
        known = self._known
        silence = known.unanswered.get(question)
        if question in known.answered or silence is None or silence.times < TIMES:
            return True
        return not _today() - ASK_AGAIN < date.fromisoformat(silence.day) <= _today()

    @callback
    def async_note(self, question: str, *, is_answered: bool) -> None:
        """Remember whether a terminal that lives has answered a question; a refusal is an answer."""
        known = self._known
        unanswered = {key: silence for key, silence in known.unanswered.items() if key != question}
        answered = known.answered
        if is_answered:
            answered |= {question}
        elif question not in answered:
            before = known.unanswered.get(question)
            unanswered[question] = Silence(times=before.times + 1 if before else 1, day=_today().isoformat())
        noted = Answering(firmware=known.firmware, answered=answered, unanswered=unanswered)
        if noted != known:
            self._store.async_remember_answering(self._coordinator.serial, noted)

    @property
    def _known(self) -> Answering:
        firmware = self._coordinator.data.info.firmware or ""
        known = self._store.answering(self._coordinator.serial)
        return Answering(firmware=firmware) if known is None or known.firmware != firmware else known


def _today() -> date:
    return dt_util.utcnow().date()
