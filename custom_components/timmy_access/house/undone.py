"""Why a step was not done on a terminal, where the terminal itself gave no reason."""

from enum import StrEnum


class Undone(StrEnum):
    """Why a step was not done; each but `REFUSED` is a translation key of the integration after `refused_`."""

    NO_ANSWER = "no_answer"
    NO_RECORD = "no_record"
    REFUSED = "refused"
    SOMEBODY_ELSE = "somebody_else"
    WITHOUT_EFFECT = "without_effect"
