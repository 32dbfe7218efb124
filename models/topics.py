"""What is a text about? Each text by itself becomes a vector; near ones are about the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from models.network import pad
from models.tokens import batches, encode_alone
from models.voices import topic_features

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from models.network import Network

KEPT = 1_024
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
    """Say what texts are about; the vectors of stories and parents are kept for the replies to come."""

    def __init__(self, network: "Network", tokenizer: "Tokenizer") -> None:
        self._network = network
        self._tokenizer = tokenizer
        self._kept: dict[str, Tensor] = {}

    def read(self, replies: Sequence[str], stories: Sequence[str], parents: Sequence[str]) -> Topics:
        """Return the topics of n cleaned replies and their contexts."""
        kept = self._kept if len(self._kept) <= KEPT else {}
        new = [text for text in dict.fromkeys((*stories, *parents)) if text and text not in kept]
        if new:
            kept.update(zip(new, self._about(new, reply=False), strict=True))
        self._kept = kept  # never emptied in place: another thread may read from it
        reply = self._about(replies, reply=True)
        nothing = torch.zeros(reply.shape[1])
        story, parent = (
            torch.stack([kept[text] if text else nothing for text in texts]) for texts in (stories, parents)
        )
        return Topics(reply, story, parent)

    def _about(self, texts: Sequence[str], reply: bool) -> Tensor:
        encoded = [encode_alone(self._tokenizer, text, reply) for text in texts]
        vectors = torch.zeros(len(texts), self._network.width)
        with torch.inference_mode():
            for rows in batches(encoded, BATCH_TOKENS):
                vectors[rows] = self._network.about(pad([encoded[row] for row in rows]))
        return vectors
