"""An event loop with real sockets and a time of its own."""

import asyncio


class StandingClock(asyncio.SelectorEventLoop):
    """Its time stands still until somebody moves it, so that a test decides what happens before what."""

    now = 0.0

    def time(self) -> float:
        return self.now
