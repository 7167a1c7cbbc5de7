"""What a model must be, and which models are that."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.leaderboard import Entry
from core.models import ModelSpec, listing
from core.models.files import availability, beyond_memory
from core.models.licence import Freedom, freedom

NAMED = ("All", "Original six", "Ready here")
INSTRUCTIONS = ("Any", "Needs them", "Works without")


@dataclass(frozen=True)
class Demands:
    """What a model must be; a model of which it is unknown does not meet a demand.

    Attributes
    ----------
    most_parameters : int or None
    open_weights, commercial_use, fits : bool
        Weights published; a licence that allows commercial use; no larger than this machine's memory.
    most_dimensions, least_tokens : int or None
        Of an embedding, and of the longest input.
    language : str
        As a code of MTEB, such as "deu-Latn"; empty for any.
    least_zero_shot : int
        Percentage of the benchmark's tasks on whose data it was not trained.
    instructions : one of INSTRUCTIONS
    """

    most_parameters: int | None = None
    open_weights: bool = False
    commercial_use: bool = False
    fits: bool = False
    most_dimensions: int | None = None
    least_tokens: int | None = None
    language: str = ""
    least_zero_shot: int = 0
    instructions: str = INSTRUCTIONS[0]

    def are_met_by(self, spec: ModelSpec, entry: Entry | None) -> bool:
        """Whether a model, with its row on the leaderboard if it has one, is known to meet each demand."""
        return self._of_size(spec) and self._of_terms(spec) and self._of_training(entry)

    def _of_size(self, spec: ModelSpec) -> bool:
        within = [(spec.parameters, self.most_parameters), (spec.dimensions, self.most_dimensions)]
        is_small = all(most is None or (value is not None and value <= most) for value, most in within)
        is_long = self.least_tokens is None or (spec.max_tokens or 0) >= self.least_tokens
        return is_small and is_long and not (self.fits and beyond_memory(spec))

    def _of_terms(self, spec: ModelSpec) -> bool:
        is_open = spec.provider in ("bundled", "huggingface", "folder")
        is_free = freedom(spec.license) is Freedom.FREE
        return (is_open or not (self.open_weights or self.fits)) and (is_free or not self.commercial_use)

    def _of_training(self, entry: Entry | None) -> bool:
        speaks = not self.language or (entry is not None and self.language in entry.languages)
        unseen = not self.least_zero_shot or (entry is not None and (entry.zero_shot or 0) >= self.least_zero_shot)
        wanted = {INSTRUCTIONS[1]: True, INSTRUCTIONS[2]: False}.get(self.instructions)
        return speaks and unseen and (wanted is None or (entry is not None and entry.instructions is wanted))


def matching(
    specs: Sequence[ModelSpec], wanted: str, which: str = "All", demands: Demands | None = None
) -> list[ModelSpec]:
    """The models whose name, maker or licence contains the text, of a group of NAMED, that meet the demands."""
    entries = listing.entries_of(specs) if demands else {}
    return [
        spec
        for spec in specs
        if wanted.lower() in f"{spec.name} {spec.organisation} {spec.license}".lower()
        and (which != "Original six" or spec.original)
        and (which != "Ready here" or availability(spec).is_ready)
        and (demands is None or demands.are_met_by(spec, entries.get(spec.id)))
    ]
