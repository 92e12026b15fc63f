"""How much the machine was disturbed while something was measured: the same loop before and after it."""

from time import perf_counter, sleep

# Some twenty milliseconds of pure Python, several times: the fastest is what the machine can do now.
STEPS = 400_000
LOOPS = 5
# A part measured on a machine that was slower than this by its loop is measured once more.
DISTURBED = 1.25
# How long such a machine is waited for, in seconds: others have done what they do, or will not soon. And how often it
# is looked at meanwhile.
PATIENCE = 30.0
LOOK = 1.0


def loop_seconds() -> float:
    """Return how long the loop takes now, at its fastest."""
    return min(_once() for _ in range(LOOPS))


def _once() -> float:
    begun = perf_counter()
    total = 0
    for step in range(STEPS):
        total += step & 7
    return perf_counter() - begun


class Calmness:
    """Compares the machine with itself at its calmest in this run."""

    def __init__(self) -> None:
        """Look at the machine before anything else is running."""
        self._calmest = loop_seconds()

    def disturbance(self) -> float:
        """Return how many times slower than at its calmest the machine is now, 1 at best."""
        now = loop_seconds()
        self._calmest = min(self._calmest, now)
        return now / self._calmest

    def calm(self) -> None:
        """Wait a while for the machine to have little else to do."""
        begun = perf_counter()
        while self.disturbance() > DISTURBED and perf_counter() - begun < PATIENCE:
            sleep(LOOK)
