"""A message → the few sentences of it that say most about what the thread discusses."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.compress import REVERSES, shorten

_WORD = re.compile(r"\w+")
STEM = 6
EARLY, WHOLLY_LATE, LATE = 50, 150, 0.9
"""Words of a message after which sentences begin to weigh less, after which they weigh least, and how much less."""
LONGEST_CHARACTERS = 400
TURN_WORDS = 5
"""Words up to which a sentence that may reverse something speaks of the one before it."""


def terms(text: str) -> set[str]:
    """Return the words that carry content, cut to their stems; scripts without spaces give whole runs."""
    return {word[:STEM] for word in _WORD.findall(text.lower()) if len(word) > 3 or not word.isascii()}


def term_weights(texts: Iterable[str], story: str | None) -> Mapping[str, float]:
    """Weigh each term of a thread: 1, more where the story holds it and where other messages say it too."""
    counts = Counter(term for text in texts for term in terms(text))
    told = terms(story or "")
    return {term: 1 + 0.5 * (term in told) + 0.3 * min(3, count - 1) for term, count in counts.items()}


def excerpt(sentences: Sequence[str], weights: Mapping[str, float], words: int) -> str | None:
    """Choose the neighbouring sentences of at most `words` words that weigh most; None where none fits.

    A sentence that says nothing by itself ("Wow.") is passed over, unless it may turn what stands before it ("Not."):
    then the two go together.
    Long messages come to the point first: what begins late in one weighs less.
    """
    telling = [sentence for sentence in sentences if len(terms(sentence)) > 1 or REVERSES.search(sentence)]
    found = max(
        _runs(_held_together(telling or sentences), words),
        key=lambda run: (_late(run.before) * sum(weights.get(term, 1.0) for term in terms(run.text)), -len(run.text)),
        default=None,
    )
    return found and found.text


def cut(text: str, words: int) -> str:
    """Return the first `words` words, closed by "…" where that is not all."""
    head = " ".join(text.split()[:words])[:LONGEST_CHARACTERS]
    return head if head == " ".join(text.split()) else f"{head.rstrip(' ,;:–—-.…')}…"


def broken_off(sentences: Sequence[str], words: int) -> str:
    """Return the beginning of a sentence too long to be shortened; "" where the rest of each may take it back."""
    heads = ((cut(sentence, words), sentence) for sentence in _held_together(sentences))
    return next((head for head, whole in heads if not REVERSES.search(whole[len(head) - 1 :])), "")


@dataclass(frozen=True, slots=True)
class _Run:
    """Hold neighbouring sentences and how many words stand before them."""

    text: str
    before: int


def _late(before: int) -> float:
    return 1 - LATE * min(1.0, max(0, before - EARLY) / (WHOLLY_LATE - EARLY))


def _held_together(sentences: Sequence[str]) -> list[str]:
    """Join each short sentence that may reverse something to the one before it."""
    found: list[str] = []
    for sentence in sentences:
        if found and len(sentence.split()) <= TURN_WORDS and REVERSES.search(sentence):
            found[-1] = f"{_ended(found[-1])} {sentence}"
        else:
            found.append(sentence)
    return found


def _runs(sentences: Sequence[str], words: int) -> Iterator[_Run]:
    before = 0
    for start, first in enumerate(sentences):
        run = shorten(first, words)
        if run is not None and len(run) <= LONGEST_CHARACTERS:
            yield _Run(run, before)
            following = sentences[start + 1 :] if run == first else ()
            yield from (_Run(longer, before) for longer in _longer(run, following, words))
        before += len(first.split())


def _longer(run: str, following: Sequence[str], words: int) -> Iterator[str]:
    for sentence in following:
        run = f"{_ended(run)} {sentence}"
        if len(run.split()) > words or len(run) > LONGEST_CHARACTERS:
            break
        yield run


def _ended(sentence: str) -> str:
    """Close a sentence that its writer left open, so that the next can follow."""
    return sentence if sentence[-1] in ".!?…:;,。\"'”’»)" else f"{sentence}."
