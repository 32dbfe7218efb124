"""The folder of a small network: its weights, its tokenizer and the version that its content gives it."""

import hashlib
from collections.abc import Collection
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn

WEIGHTS_FILE = "model.safetensors"
TOKENIZER_FILE = "tokenizer.json"
SCALE = ".scale"
WORDS = ("words.weight", "encoder.words.weight")  # the encoder's, by itself or in the reader


def load_weights(network: nn.Module, path: Path) -> None:
    """Fill a network with the weights in `path`; raises OSError when they are not there.

    They are kept as float16; where a NAME.scale stands beside a NAME, as int8 rows, each times its scale. Tables of
    words stay float16 in memory, too: their rows are looked up, and only the few that are become float32.
    """
    stored = load_file(path / WEIGHTS_FILE)
    scales = {name: stored.pop(name).float() for name in list(stored) if name.endswith(SCALE)}
    loaded: dict[str, Tensor] = {}
    for name in list(stored):
        value = stored.pop(name).float() * scales.get(name + SCALE, 1.0)
        loaded[name] = value.half() if name in WORDS else value
    network.load_state_dict(loaded, assign=True)
    network.eval()


def save_weights(network: nn.Module, path: Path, coarse: Collection[str] = ()) -> None:
    """Write a network's weights to `path` as float16, the matrices named in `coarse` as int8."""
    path.mkdir(parents=True, exist_ok=True)
    stored: dict[str, Tensor] = {}
    for name, value in network.state_dict().items():
        if name in coarse:
            scale = (value.abs().amax(dim=1, keepdim=True) / 127).clamp(min=1e-7).half()
            stored[name + SCALE] = scale
            stored[name] = (value / scale.float()).round().clamp(-127, 127).to(torch.int8)
        else:
            stored[name] = value.half().contiguous()
    save_file(stored, path / WEIGHTS_FILE, {"format": "pt"})


def load_tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    """Load the tokenizer in `path`; texts are cut at `max_tokens` (of a pair the longer first) and padded alike."""
    tokenizer = Tokenizer.from_file(str(path / TOKENIZER_FILE))
    tokenizer.enable_truncation(max_tokens, strategy="longest_first")
    tokenizer.enable_padding()
    return tokenizer


def tokenize(tokenizer: Tokenizer, texts: list[str] | list[tuple[str, str]]) -> tuple[Tensor, Tensor, Tensor]:
    """Return ids, mask and kinds (0 in the first, 1 in the second text of a pair), each int64 (n, length)."""
    encodings = tokenizer.encode_batch(texts)
    return (
        torch.tensor([e.ids for e in encodings]),
        torch.tensor([e.attention_mask for e in encodings]),
        torch.tensor([e.type_ids for e in encodings]),
    )


def weights_version(path: Path, name: str = WEIGHTS_FILE) -> str:
    """Return a short content hash of the weights in `path`."""
    with (path / name).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]
