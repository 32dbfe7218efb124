"""The layers that are not fine-tuned, run once: their states are kept, so that an epoch costs half."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from models.encoder import WIDTH
from models.network import SHARED, Network, pad
from models.tokens import Encoded, batches, encode
from models.topics import TopicReader
from models.training.replies import Example

BATCH_TOKENS = 4_000


@dataclass(frozen=True, slots=True)
class Item:
    """Hold an example ready to be learnt from.

    `near` (2,) says how near it is to its context, `topic` (1155,) is what the topic voice hears, `row` its place
    among the states.
    """

    example: Example
    encoded: Encoded
    near: Tensor
    topic: Tensor
    row: int


class Trunk:
    """Keep the states of many passages above the frozen layers, as float16."""

    def __init__(self, network: Network, tokenizer: Tokenizer) -> None:
        self._encoder = network.encoder
        self._tokenizer = tokenizer
        self._topics = TopicReader(network, tokenizer)
        self._states: list[np.ndarray] = []

    def add(self, examples: Sequence[Example]) -> list[Item]:
        """Run the frozen layers over examples and return them as items, in order."""
        encoded = [encode(self._tokenizer, one.text, one.story, one.parent) for one in examples]
        topics = self._topics.read(*zip(*((one.text, one.story, one.parent) for one in examples), strict=True))
        first = len(self._states)
        self._states += [np.empty(0)] * len(encoded)
        with torch.inference_mode():
            for rows in batches(encoded, BATCH_TOKENS):
                batch = pad([encoded[row] for row in rows])
                states = self._encoder.embed(batch.ids, batch.kinds)
                states = self._encoder.climb(states, batch.mask, 0, SHARED)
                for row, kept in zip(rows, states, strict=True):
                    self._states[first + row] = kept[: len(encoded[row].ids)].half().numpy()
        features = topics.features([one.own - 2 for one in encoded])
        found = zip(examples, encoded, topics.near(), features, strict=True)
        return [Item(*parts, row=first + row) for row, parts in enumerate(found)]

    def states(self, items: Sequence[Item], length: int) -> Tensor:
        """Return the kept states (n, length, 384), zeros where a passage is shorter."""
        found = torch.zeros(len(items), length, WIDTH)
        for row, item in enumerate(items):
            kept = self._states[item.row]
            found[row, : len(kept)] = torch.from_numpy(kept.astype(np.float32))
        return found
