"""A text → the parts of it that can make a claim each: a long message is about more than one thing."""

from models.matcher import FEWEST_WORDS
from models.sentences import split_sentences
from models.wording import plain, stems

MOST_PARTS = 16


def parts(text: str) -> list[str]:
    """Cut a text into its sentences, up to 16; those of fewer than eight words stay with the next.

    A text of one such part is left as it is.
    """
    found: list[str] = []
    short = ""
    for sentence in split_sentences(text):
        short = f"{short} {sentence}".strip()
        if len(plain(short).split()) >= FEWEST_WORDS:
            found.append(short)
            short = ""
    if short and found:
        found[-1] = f"{found[-1]} {short}"
    return found[:MOST_PARTS] if len(found) > 1 else [text]


def alike(left: str, right: str) -> float:
    """Return what share of the words of two texts both of them hold, in [0, 1]."""
    here, there = stems(left), stems(right)
    words = len(here) + len(there)
    return 2 * len(here & there) / words if words else 0.0
