"""The small BERT under the reader, in plain torch: quick to import, and no more than is needed to run it."""

import torch
from torch import Tensor, nn
from torch.nn import functional

VOCABULARY, POSITIONS, WIDTH, HEADS, INNER, LAYERS = 30_522, 512, 384, 12, 1_536, 6


class Encoder(nn.Module):
    """Turn token ids into contextual states of 384 numbers a token (MiniLM-L6's shape)."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.kinds = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))

    def forward(self, ids: Tensor, mask: Tensor, kinds: Tensor) -> Tensor:
        """Return states (n, length, 384) of int64 (n, length) ids; `mask` is 1 where there is a token."""
        states = self.embed(ids, kinds)
        return self.climb(states, mask, 0, LAYERS)

    def embed(self, ids: Tensor, kinds: Tensor) -> Tensor:
        """Return the states below the first layer."""
        return self.norm(self.words(ids) + self.positions.weight[: ids.shape[1]] + self.kinds(kinds))

    def climb(self, states: Tensor, mask: Tensor, first: int, last: int) -> Tensor:
        """Pass states through the layers from `first` up to, not including, `last`."""
        seen = mask.bool()[:, None, None, :]
        for layer in self.layers[first:last]:
            states = layer(states, seen)
        return states


class Layer(nn.Module):
    """Mix each token's state with those it attends to, then think about each by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.attend = nn.Linear(WIDTH, 3 * WIDTH)
        self.gather = nn.Linear(WIDTH, WIDTH)
        self.gathered = nn.LayerNorm(WIDTH, eps=1e-12)
        self.widen = nn.Linear(WIDTH, INNER)
        self.narrow = nn.Linear(INNER, WIDTH)
        self.narrowed = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, states: Tensor, seen: Tensor) -> Tensor:
        rows, length, _ = states.shape
        query, key, value = self.attend(states).view(rows, length, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        states = self.gathered(states + self.gather(mixed.transpose(1, 2).reshape(rows, length, WIDTH)))
        return self.narrowed(states + self.narrow(functional.gelu(self.widen(states))))


def from_bert(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Rename the weights of a BERT checkpoint of this shape for `Encoder.load_state_dict`."""
    found = {
        "words.weight": weights["embeddings.word_embeddings.weight"],
        "positions.weight": weights["embeddings.position_embeddings.weight"],
        "kinds.weight": weights["embeddings.token_type_embeddings.weight"],
    }
    for end in ("weight", "bias"):
        found[f"norm.{end}"] = weights[f"embeddings.LayerNorm.{end}"]
        for depth in range(LAYERS):
            old, new = f"encoder.layer.{depth}", f"layers.{depth}"
            asked = [weights[f"{old}.attention.self.{part}.{end}"] for part in ("query", "key", "value")]
            found[f"{new}.attend.{end}"] = torch.cat(asked)
            found[f"{new}.gather.{end}"] = weights[f"{old}.attention.output.dense.{end}"]
            found[f"{new}.gathered.{end}"] = weights[f"{old}.attention.output.LayerNorm.{end}"]
            found[f"{new}.widen.{end}"] = weights[f"{old}.intermediate.dense.{end}"]
            found[f"{new}.narrow.{end}"] = weights[f"{old}.output.dense.{end}"]
            found[f"{new}.narrowed.{end}"] = weights[f"{old}.output.LayerNorm.{end}"]
    return found


def pool(states: Tensor, mask: Tensor) -> Tensor:
    """Return the unit mean of the unmasked rows: (n, length, 384), (n, length) → (n, 384)."""
    weights = mask.unsqueeze(-1).to(states.dtype)
    return functional.normalize((states * weights).sum(1) / weights.sum(1), dim=-1)
