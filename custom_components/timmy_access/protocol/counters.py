"""What has been seen of one terminal since Home Assistant started; for diagnostics, and to log each thing once."""

from dataclasses import dataclass, field

# Different unknown words remembered a terminal: the BS dialect has about thirty (field notes 1).
MAX_UNKNOWN_WORDS = 64


@dataclass(kw_only=True)
class Counters:
    """Counts that live as long as the terminal is known, over all its connections.

    `slowed_down` counts the waits for a terminal that talked too fast, `cut_off` connections that were closed because
    of nothing but broken frames or of another serial number. `not_taken` counts messages that stayed without an answer
    because they repeat one that is in hand, or because too many are. `no_news` counts what was only kept
    though it had just happened: more came in a second than people can make, or it is not known who the terminal is.
    """

    connections: int = 0
    frames: int = 0
    malformed: int = 0
    unexpected_replies: int = 0
    duplicates: int = 0
    history: int = 0
    timeouts: int = 0
    failed_handlers: int = 0
    slowed_down: int = 0
    not_taken: int = 0
    no_news: int = 0
    cut_off: int = 0
    unknown: dict[str, int] = field(default_factory=dict)

    def count_unknown(self, word: str) -> bool:
        """Count a command we do not know; True the first time it is seen."""
        if word not in self.unknown and len(self.unknown) >= MAX_UNKNOWN_WORDS:
            word = "…"
        self.unknown[word] = self.unknown.get(word, 0) + 1
        return self.unknown[word] == 1
