"""How fast one admitted terminal may talk, whatever it says, and over however many connections one after the other."""

from .codec import MAX_OBJECTS, objects_in
from .effort import Effort
from .throttle import Throttle

# Real terminals send up to 28 frames a second, also when they repeat themselves (field notes 0.2); this is a flood, and
# still lets a backlog through as fast as a disk can keep it.
MAX_FRAMES_PER_SECOND = 2_000
# A terminal on Fast Ethernet that sends nothing but photos.
MAX_BYTES_PER_SECOND = 12_500_000
# Objects and lists of a frame: terminals send up to 50 records and 40 people at a time (field notes 3 and 5).
USUAL_OBJECTS = 100
# Those of larger frames, together: what there is many of at once outlives the young generations of Python's garbage
# collector, and so many that do make it walk through all of Home Assistant, which takes a fraction of a second. Frames
# of the usual size are gone before it looks. This is a log of a day every second, and a roster of some thousand people
# at once.
MAX_OBJECTS_PER_SECOND = 1_000
MAX_OBJECTS_AT_ONCE = 5_000


class Pace:
    """What one terminal has said of late, by each of several measures."""

    def __init__(self) -> None:
        """Start with nothing said."""
        # Of taking frames in, and of what they say.
        self.arriving = Effort()
        self.effort = Effort()
        self._frames = Throttle(MAX_FRAMES_PER_SECOND, MAX_FRAMES_PER_SECOND)
        self._bytes = Throttle(MAX_BYTES_PER_SECOND, MAX_BYTES_PER_SECOND)
        self._objects = Throttle(MAX_OBJECTS_PER_SECOND, MAX_OBJECTS_AT_ONCE)
        self._found = 0

    def found(self, objects: int) -> None:
        """Note how many objects there turned out to be in a frame, which may hold some as text."""
        self._found = objects

    def rest(self, data: str | bytes) -> float:
        """Return how many seconds not to listen after a frame."""
        # What is refused for holding more has cost nothing but the counting.
        objects, self._found = min(MAX_OBJECTS, max(objects_in(data), self._found)), 0
        return max(
            self._frames.take(1),
            self._bytes.take(len(data)),
            self._objects.take(objects) if objects > USUAL_OBJECTS else 0.0,
            self.effort.rest(),
        )
