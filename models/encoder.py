"""The small BERT under embedder and matcher, on torch's own transformer layers.

The weights lie on disk under the names that transformers gives them, so that its AutoModel reads them too; loading
them without it saves four seconds at every start.
"""

import hashlib
import json
from pathlib import Path
from typing import Self

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn

_LAYER_NAMES = {
    "attention.output.dense": "self_attn.out_proj",
    "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "linear1",
    "output.dense": "linear2",
    "output.LayerNorm": "norm2",
}


class Encoder(nn.Module):
    """Token ids → hidden states: (batch, tokens) → (batch, tokens, size)."""

    def __init__(self, *, vocabulary: int, size: int, layers: int, heads: int, inner: int, positions: int) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, size)
        self.positions = nn.Embedding(positions, size)
        self.segments = nn.Embedding(2, size)
        self.norm = nn.LayerNorm(size, eps=1e-12)
        layer = nn.TransformerEncoderLayer(
            size, heads, inner, dropout=0.1, activation="gelu", layer_norm_eps=1e-12, batch_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)

    @classmethod
    def from_pretrained(cls, path: Path) -> Self:
        """Load `path`/config.json and `path`/model.safetensors; nothing is fetched from anywhere."""
        config = json.loads((path / "config.json").read_text())
        with torch.device("meta"):  # no time for random weights that are replaced at once
            encoder = cls(
                vocabulary=config["vocab_size"],
                size=config["hidden_size"],
                layers=config["num_hidden_layers"],
                heads=config["num_attention_heads"],
                inner=config["intermediate_size"],
                positions=config["max_position_embeddings"],
            )
        stored = {name: value.float() for name, value in load_file(path / "model.safetensors").items()}
        encoder.load_state_dict(_own_names(stored, config["num_hidden_layers"]), assign=True)
        return encoder.eval()

    def forward(self, ids: Tensor, mask: Tensor, segments: Tensor) -> Tensor:
        places = torch.arange(ids.shape[1], device=ids.device)
        embedded = self.norm(self.words(ids) + self.positions(places) + self.segments(segments))
        return self.layers(embedded, src_key_padding_mask=mask == 0)


def _own_names(stored: dict[str, Tensor], layers: int) -> dict[str, Tensor]:
    own = {
        "words.weight": stored["embeddings.word_embeddings.weight"],
        "positions.weight": stored["embeddings.position_embeddings.weight"],
        "segments.weight": stored["embeddings.token_type_embeddings.weight"],
        "norm.weight": stored["embeddings.LayerNorm.weight"],
        "norm.bias": stored["embeddings.LayerNorm.bias"],
    }
    for i in range(layers):
        there, here = f"encoder.layer.{i}", f"layers.layers.{i}"
        for kind in ("weight", "bias"):
            parts = [stored[f"{there}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            own[f"{here}.self_attn.in_proj_{kind}"] = torch.cat(parts)
            for theirs, ours in _LAYER_NAMES.items():
                own[f"{here}.{ours}.{kind}"] = stored[f"{there}.{theirs}.{kind}"]
    return own


def pool(hidden: Tensor, mask: Tensor) -> Tensor:
    """Return the unit mean of the unmasked rows: (batch, tokens, size), (batch, tokens) → (batch, size)."""
    weights = mask.unsqueeze(-1).to(hidden.dtype)
    return nn.functional.normalize((hidden * weights).sum(1) / weights.sum(1), dim=-1)


def load_tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    """Load `path`/tokenizer.json; texts are cut at `max_tokens` (of a pair the longer first) and padded alike."""
    tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
    tokenizer.enable_truncation(max_tokens, strategy="longest_first")
    tokenizer.enable_padding()
    return tokenizer


def tokenize(tokenizer: Tokenizer, texts: list[str] | list[tuple[str, str]]) -> tuple[Tensor, Tensor, Tensor]:
    """Return ids, mask and segments of texts or pairs, each (batch, tokens)."""
    encodings = tokenizer.encode_batch(texts)
    return (
        torch.tensor([e.ids for e in encodings]),
        torch.tensor([e.attention_mask for e in encodings]),
        torch.tensor([e.type_ids for e in encodings]),
    )


def weights_version(path: Path) -> str:
    """Return a short content hash of `path`/model.safetensors."""
    with (path / "model.safetensors").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]
