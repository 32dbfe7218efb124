"""Excerpts → vectors that lie near where two make the same point: the embedder, its upper layers shifted a little."""

import copy
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from models.encoder import Encoder
from models.files import weights_version

WEIGHTS = Path(__file__).parent / "weights" / "keypoints"
WEIGHTS_FILE = "shifts.safetensors"
BASE = "embedder"
"""Where the file notes which embedder it was learnt with; another's layers it would only disturb."""
FIRST = 2
"""Layers below this one are the embedder's own."""
RANK = 16


class Shifted(nn.Module):
    """Add a learnt product of two thin matrices to a linear layer that stays as it is (LoRA, Hu et al. 2021)."""

    def __init__(self, base: nn.Linear) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Parameter(torch.randn(RANK, base.in_features) / base.in_features**0.5)
        self.up = nn.Parameter(torch.zeros(base.out_features, RANK))

    def forward(self, states: Tensor) -> Tensor:
        return self.base(states) + functional.linear(functional.linear(states, self.down), self.up)


def shifted(encoder: Encoder) -> Encoder:
    """Return an encoder that shares all weights of another and adds shifts, as yet without effect, to its layers."""
    twin = copy.deepcopy(encoder, {id(value): value for value in encoder.parameters()})
    for layer in twin.layers[FIRST:]:
        for name, part in layer.named_children():
            if isinstance(part, nn.Linear):
                setattr(layer, name, Shifted(part))
    return twin.eval()


def shifts(encoder: Encoder) -> dict[str, nn.Parameter]:
    """Name the parameters that an encoder made by `shifted` has of its own."""
    return {name: value for name, value in encoder.named_parameters() if name.endswith((".down", ".up"))}


def save_shifts(encoder: Encoder, path: Path, base: str) -> None:
    """Write the shifts to `path` as float16, with the version of the embedder that they belong to."""
    path.mkdir(parents=True, exist_ok=True)
    stored = {name: value.detach().half().contiguous() for name, value in shifts(encoder).items()}
    save_file(stored, path / WEIGHTS_FILE, {BASE: base})


class OtherEmbedder(Exception):
    """The shifts in a folder were learnt with another embedder than the one that is loaded."""


def tell_apart(encoder: Encoder, version: str, path: Path = WEIGHTS) -> tuple[Encoder, str]:
    """Return an encoder that tells points apart, an embedder's with the shifts in `path` added, and its version.

    `version` is the embedder's. Raises OSError where there are no shifts, OtherEmbedder where they are another's.
    """
    with safe_open(path / WEIGHTS_FILE, "pt") as file:
        base = file.metadata()[BASE]
        stored = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 - no mapping
    if base != version:
        raise OtherEmbedder(f"{path} was learnt with embedder {base}, not {version}: train it again")
    twin = shifted(encoder)
    own = shifts(twin)
    with torch.no_grad():
        for name, value in stored.items():
            own[name].copy_(value)
    return twin, f"{version}+{weights_version(path, WEIGHTS_FILE)}"
