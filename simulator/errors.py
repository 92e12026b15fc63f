"""How a terminal says no."""


class RefusedError(Exception):
    """A command is answered with `result: false` (field notes 5, reason codes)."""

    def __init__(self, reason: int | None = 1, msg: str | None = None) -> None:
        """Remember the reason; 1 is parameter error or not found."""
        super().__init__(reason, msg)
        self.reason = reason
        self.msg = msg


NO_USER = "can not find the user"
NO_DATA = "have no data"
NO_SPACE = "no space"
PARAMETER = "parameter error"
UNKNOWN = "can not find this command"
