"""One walk through what is to be done on a terminal."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from .steps import Rank, Step


class Round:
    """Steps in their order. After one that has failed nothing is done to the same number that may open."""

    def __init__(self, steps: Iterable[Step]) -> None:
        """Begin with all of them to be done."""
        self._steps = tuple(steps)
        self._place = 0
        self._left = Counter(step.enroll_id for step in self._steps)
        self._failed: set[int] = set()
        self._is_ended = False

    def __iter__(self) -> Iterator[Step]:
        """Yield what may be done."""
        for place, step in enumerate(self._steps):
            self._place = place
            self._left[step.enroll_id] -= 1
            if step.enroll_id not in self._failed or step.rank <= Rank.NARROW:
                yield step

    def ahead(self, most: int) -> tuple[int, ...]:
        """Return the numbers of the steps that follow, at most so many steps of them."""
        return tuple(step.enroll_id for step in islice(self._steps, self._place + 1, self._place + most))

    def is_over(self, enroll_id: int) -> bool:
        """Return whether all that was to be done to a number is done."""
        return not self._left[enroll_id] and enroll_id not in self._failed

    def has_failed(self, enroll_id: int) -> bool:
        """Return whether something was not done to a number."""
        return enroll_id in self._failed

    def failed(self, step: Step) -> None:
        """Note that a step was not done, or that it is not known whether it was."""
        self._failed.add(step.enroll_id)

    def end(self) -> None:
        """Note that what is left was not done."""
        self._is_ended = True

    def is_done(self, enroll_id: int) -> bool:
        """Return whether something was to be done to a number, and all of it was."""
        if self._is_ended or enroll_id in self._failed:
            return False
        return any(step.enroll_id == enroll_id for step in self._steps)
