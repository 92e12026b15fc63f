"""What was decided about somebody who stands at the door."""

from dataclasses import dataclass, field

from ..ledger import Decider, PassUse
from ..terminal.moments import CodeMoment
from .passes import Pass


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is answered. Everything but `granted` is for the terminal's screen and voice.

    `held` and `use` are the pass somebody comes in with, and the use that was counted for it. `untold` is what is told
    once the answer is on its way. `decided_by` is who decided, where that is known.
    """

    granted: bool
    name: str | None = None
    message: str | None = None
    voice: str | None = None
    voice_index: int | None = None
    enroll_id: int | None = None
    font_size: int | None = None
    text_color: tuple[int, ...] | None = None
    held: Pass | None = field(default=None, repr=False)
    use: PassUse | None = field(default=None, repr=False)
    decided_by: Decider | None = None
    untold: CodeMoment | None = field(default=None, repr=False)
