"""What the dearest step of the event loop takes of the processor."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from time import thread_time


class Steps:
    """The step of the event loop that took most of the processor, while it is entered."""

    def __init__(self) -> None:
        """Begin with none."""
        self.worst = 0.0

    @asynccontextmanager
    async def watched(self) -> AsyncGenerator[None]:
        """Look at every step meanwhile: waiting for the processor, or for another thread, is not counted."""
        run = asyncio.Handle._run  # noqa: SLF001 - nothing else tells of each step
        is_watched = True

        def _run(handle: asyncio.Handle) -> None:
            begun = thread_time()
            run(handle)
            if is_watched:
                self.worst = max(self.worst, thread_time() - begun)

        setattr(asyncio.Handle, "_run", _run)  # noqa: B010 - to types it is no function that may be replaced
        try:
            yield
            # Ends the step, so that all of it counts; what its caller does afterwards is of the next one, and does not.
            await asyncio.sleep(0)
        finally:
            is_watched = False
            setattr(asyncio.Handle, "_run", run)  # noqa: B010 - as above
