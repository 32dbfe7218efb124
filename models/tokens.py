"""Passages → token ids: the reply first and longest, then as much of story and parent as there is room for.

And pairs of a text and a claim, cut alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

REPLY_HEAD, REPLY_TAIL, CONTEXT = 70, 30, 40
PAIR_TEXT, PAIR_CLAIM = 60, 64
BATCH_COST = 32  # what a batch costs by itself, in tokens


@dataclass(frozen=True, slots=True)
class Encoded:
    """Hold the token ids of one passage; the first `own` of them are the reply's."""

    ids: list[int]
    own: int

    @property
    def reply(self) -> list[int]:
        """Return the reply's ids without the marks around it."""
        return self.ids[1 : self.own - 1]


def encode(tokenizer: "Tokenizer", text: str, story: str, parent: str) -> Encoded:
    """Return `[CLS] reply [SEP] story [SEP] parent [SEP]` of three cleaned texts.

    A long reply keeps its beginning and its end; a missing part leaves no separator behind.
    """
    reply, *context = tokenizer.encode_batch([text, story, parent], add_special_tokens=False)
    start, end = _frame(tokenizer)
    ids = [start, *_ends(reply.ids), end]
    own = len(ids)
    for part in context:
        if part.ids:
            ids += [*part.ids[:CONTEXT], end]
    return Encoded(ids, own)


def encode_alone(tokenizer: "Tokenizer", text: str, reply: bool) -> Encoded:
    """Return `[CLS] text [SEP]`, cut as a reply or as a context is cut."""
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    start, end = _frame(tokenizer)
    ids = [start, *(_ends(ids) if reply else ids[:CONTEXT]), end]
    return Encoded(ids, len(ids))


def encode_pair(tokenizer: "Tokenizer", text: str, claim: str) -> Encoded:
    """Return `[CLS] text [SEP] claim [SEP]`, of either no more than its beginning."""
    start, end = _frame(tokenizer)
    first, second = (tokenizer.encode(each, add_special_tokens=False).ids for each in (text, claim))
    own = [start, *first[:PAIR_TEXT], end]
    return Encoded([*own, *second[:PAIR_CLAIM], end], len(own))


def batches(encoded: Sequence[Encoded], budget: int) -> Iterator[list[int]]:
    """Yield the passages' indices, those of like length together, at most `budget` tokens (padding too) a batch.

    They are cut where padding and what each batch costs by itself come to least.
    """
    order = sorted(range(len(encoded)), key=lambda index: len(encoded[index].ids))
    costs, begins = [0], [0]  # of the first n passages: what they cost at least, and where their last batch begins
    for end, index in enumerate(order, start=1):
        length = len(encoded[index].ids)
        earliest = max(0, end - max(1, budget // max(1, length)))
        cost, begin = min((costs[begin] + (end - begin) * length, begin) for begin in range(earliest, end))
        costs.append(cost + BATCH_COST)
        begins.append(begin)
    end = len(order)
    while end:
        yield order[begins[end] : end]
        end = begins[end]


def _ends(ids: list[int]) -> list[int]:
    return ids if len(ids) <= REPLY_HEAD + REPLY_TAIL else ids[:REPLY_HEAD] + ids[-REPLY_TAIL:]


def _frame(tokenizer: "Tokenizer") -> tuple[int, int]:
    start, end = tokenizer.encode("").ids
    return start, end
