"""What the dearest step of the event loop takes of the processor."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import gc
import threading
from time import thread_time


class Steps:
    """The step of the event loop that took most of the processor, while it is entered."""

    def __init__(self) -> None:
        """Begin with none."""
        self.worst = 0.0

    @asynccontextmanager
    async def watched(self) -> AsyncGenerator[None]:
        """Look at every step meanwhile: waiting for the processor, or for another thread, is not counted.

        Nor is Python's garbage collector, which walks when enough has been made, whoever makes it.
        """
        run = asyncio.Handle._run  # noqa: SLF001 - nothing else tells of each step
        begun_to_walk = walked = 0.0

        def _run(handle: asyncio.Handle) -> None:
            nonlocal walked
            begun, walked = thread_time(), 0.0
            run(handle)
            self.worst = max(self.worst, thread_time() - begun - walked)

        def _walk(phase: str, _: dict[str, int]) -> None:
            nonlocal begun_to_walk, walked
            if threading.current_thread() is not threading.main_thread():
                return
            if phase == "start":
                begun_to_walk = thread_time()
            else:
                walked += thread_time() - begun_to_walk

        setattr(asyncio.Handle, "_run", _run)  # noqa: B010 - to types it is no function that may be replaced
        gc.callbacks.append(_walk)
        try:
            yield
        finally:
            gc.callbacks.remove(_walk)
            setattr(asyncio.Handle, "_run", run)  # noqa: B010 - as above
