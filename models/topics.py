"""What is a text about? Each text by itself becomes a vector; near ones are about the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from models.network import pad
from models.tokens import Encoded, batches, encode_alone
from models.voices import topic_features

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from models.network import Network

KEPT = 2_048  # some 6 MB
BATCH_TOKENS = 2_048


@dataclass(frozen=True, slots=True)
class Topics:
    """Hold unit vectors (n, 384) of replies, stories and parents, zeros where a text is empty."""

    reply: Tensor
    story: Tensor
    parent: Tensor

    def near(self) -> Tensor:
        """Return (n, 2): how near each reply is to its story and to its parent."""
        return torch.stack([(self.reply * other).sum(1) for other in (self.story, self.parent)], dim=1)

    def features(self, lengths: Sequence[int]) -> Tensor:
        """Return what the topic voice hears; `lengths` are the replies' in tokens."""
        return topic_features(self.reply, self.story, self.parent, torch.tensor(lengths, dtype=torch.float32))


class TopicReader:
    """Say what texts are about; the vectors are kept for the replies to come, whose story or parent a text may be."""

    def __init__(self, network: "Network", tokenizer: "Tokenizer") -> None:
        self._network = network
        self._tokenizer = tokenizer
        self._kept: dict[tuple[int, ...], Tensor] = {}

    def read(self, replies: Sequence[str], stories: Sequence[str], parents: Sequence[str]) -> Topics:
        """Return the topics of n cleaned replies and their contexts."""
        asked = [self._encoded(replies, reply=True), self._encoded(stories), self._encoded(parents)]
        kept = self._kept if len(self._kept) <= KEPT else {}
        new = [ids for ids in dict.fromkeys(ids for part in asked for ids in part) if ids and ids not in kept]
        if new:
            kept.update(zip(new, self._about(new), strict=True))
        self._kept = kept  # never emptied in place: another thread may read from it
        nothing = torch.zeros(self._network.width)
        return Topics(*(torch.stack([kept[ids] if ids else nothing for ids in part]) for part in asked))

    def _encoded(self, texts: Sequence[str], *, reply: bool = False) -> list[tuple[int, ...]]:
        """Return the token ids of texts, none of a context that is empty."""
        return [tuple(encode_alone(self._tokenizer, text, reply).ids) if reply or text else () for text in texts]

    def _about(self, asked: Sequence[tuple[int, ...]]) -> Tensor:
        encoded = [Encoded(list(ids), len(ids)) for ids in asked]
        vectors = torch.zeros(len(encoded), self._network.width)
        with torch.inference_mode():
            for rows in batches(encoded, BATCH_TOKENS):
                vectors[rows] = self._network.about(pad([encoded[row] for row in rows]))
        return vectors
