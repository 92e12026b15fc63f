"""What was measured, beside the limit it was measured against, as a table and as JSON."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
import operator
import statistics
from typing import Any

MILLISECONDS = 1000

_TESTS: Mapping[str, Callable[[float, float], bool]] = {"<=": operator.le, ">=": operator.ge, "<": operator.lt}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure: its value, the limit of the same run in the same unit where there is one, and what is wanted.

    `target` is about the ratio of value and limit, or about the value where there is no limit: `<= 2`, `< 50`. An empty
    one only informs.
    """

    part: str
    measure: str
    value: float
    unit: str
    target: str = ""
    limit: float | None = None

    @property
    def ratio(self) -> float | None:
        """Value to limit."""
        return None if self.limit is None else self.value / self.limit

    @property
    def ok(self) -> bool:
        """Whether the target is met."""
        return self.ok_within(1.0)

    def ok_within(self, slack: float) -> bool:
        """Return whether the target would be met if it were so many times easier."""
        if not self.target:
            return True
        sign, number = self.target.split()
        wanted = float(number) / slack if sign == ">=" else float(number) * slack
        return _TESTS[sign](self.value if self.ratio is None else self.ratio, wanted)


def latency(part: str, measure: str, seconds: float, *, limit: float | None = None, target: str = "") -> Figure:
    """Return how long something takes, in milliseconds; the limit is in seconds too."""
    in_milliseconds = None if limit is None else limit * MILLISECONDS
    return Figure(
        part=part, measure=measure, value=seconds * MILLISECONDS, limit=in_milliseconds, unit="ms", target=target
    )


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as lines of text."""
    figures = list(figures)
    wide = max((len(figure.part) for figure in figures), default=0) + 2
    lines = [f"{'part':{wide}}{'measure':50}{'value':>12}{'limit':>12}{'ratio':>8}  target"]
    for figure in figures:
        limit = "" if figure.limit is None else f"{figure.limit:,.3g}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        verdict = "" if not figure.target else f"{figure.target} {'ok' if figure.ok else 'MISSED'}"
        name = f"{figure.measure} ({figure.unit})" if figure.unit else figure.measure
        lines.append(f"{figure.part:{wide}}{name:50}{figure.value:>12,.4g}{limit:>12}{ratio:>8}  {verdict}")
    return "\n".join(lines)


def document(figures: Iterable[Figure]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the figures by part and measure."""
    parts: dict[str, dict[str, dict[str, Any]]] = {}
    for figure in figures:
        parts.setdefault(figure.part, {})[figure.measure] = {
            "value": figure.value,
            "unit": figure.unit,
            "limit": figure.limit,
            "ratio": figure.ratio,
            "target": figure.target,
            "ok": figure.ok,
        }
    return parts


def median(samples: Sequence[float]) -> float:
    """Return the middle one."""
    return statistics.median(samples)


def percentile(samples: Sequence[float], share: float) -> float:
    """Return the sample that `share` of all are not above."""
    return sorted(samples)[min(len(samples) - 1, int(len(samples) * share))]
