"""How many texts a model does not read whole, or does not know at all; each text is counted once and then stored."""

from collections.abc import Callable, Sequence
from itertools import islice

import numpy as np

from core.encoders import Encoder, Kind
from core.encoders.base import Metered
from core.progress import Progress
from core.storage.vectors import Store, key

KEEP_EVERY = 1024
MOST_SPECIAL_TOKENS = 4  # that a tokenizer puts around a text


def count_truncated(
    encoder: Encoder, texts: Sequence[str], kind: Kind, store: Store | None, on_progress: Progress
) -> int | None:
    """How many texts have more tokens than the encoder reads; None if they can't be counted on this machine.

    Only texts with more bytes than it reads tokens are tokenised: hardly any token is shorter than a byte.
    """
    if isinstance(encoder, Metered):
        return None
    most = encoder.max_tokens
    if most is None:
        return 0
    prompt = encoder.spec.prompt(kind)
    long = [text for text in texts if len((prompt + text).encode()) + MOST_SPECIAL_TOKENS > most]
    namespace = "\0".join(("tokens", encoder.spec.id, encoder.revision, prompt))

    def count(part: Sequence[str]) -> Sequence[float]:
        return encoder.count_tokens([prompt + text for text in part])

    return sum(tokens > most for tokens in _remember(count, namespace, long, store, on_progress))


def find_unknown(
    encoder: Encoder, texts: Sequence[str], store: Store | None, on_progress: Progress
) -> tuple[int, ...] | None:
    """The rows of the texts without a token that the model knows; None if that can't be told on this machine."""
    if isinstance(encoder, Metered):
        return None
    doubtful = [row for row, text in enumerate(texts) if encoder.may_be_unknown(text)]
    namespace = "\0".join(("known tokens", encoder.spec.id, encoder.revision))
    known = _remember(encoder.count_known_tokens, namespace, [texts[row] for row in doubtful], store, on_progress)
    return tuple(row for row, tokens in zip(doubtful, known, strict=True) if not tokens)


def _remember(
    count: Callable[[Sequence[str]], Sequence[float]],
    namespace: str,
    texts: Sequence[str],
    store: Store | None,
    on_progress: Progress,
) -> list[float]:
    """What `count` finds in each text, a number; only texts that are not in the store are counted."""
    keys = [key(namespace, text) for text in texts]
    known = store.get(keys, 1) if store else {}
    missing = {name: text for name, text in zip(keys, texts, strict=True) if name not in known}
    for start in range(0, len(missing), KEEP_EVERY):
        on_progress("Counting tokens", start, len(missing))
        part = dict(islice(missing.items(), start, start + KEEP_EVERY))
        numbers = np.array(count(list(part.values())), np.float32).reshape(-1, 1)
        counted = dict(zip(part, numbers, strict=True))
        if store:
            store.put(counted)
        known |= counted
    return [float(known[name][0]) for name in keys]
