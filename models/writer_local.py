"""A causal or seq2seq model of the owner's choice, by folder or Hub name, that words digests."""

from typing import Any

MOST_TOKENS = 600
MOST_SECONDS = 90.0


class LocalWriter:
    """Write with `transformers`; a model is loaded at the first call, from safetensors, without code of its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loaded: tuple[Any, Any] | None = None

    def write(self, system: str, user: str) -> str:
        """Give the model's answer, the same for the same prompt.

        Raises:
            OSError, ValueError, ImportError: the model cannot be loaded, or the prompt is too long for it.
        """
        import torch

        model, tokenizer = self._load()
        encoded = tokenizer(_prompt(tokenizer, system, user), return_tensors="pt", return_token_type_ids=False)
        length = encoded["input_ids"].shape[1]
        room = getattr(model.config, "max_position_embeddings", None)
        new = MOST_TOKENS
        if room is not None and not model.config.is_encoder_decoder:
            new = min(new, room - length)
        if new < 1 or (room is not None and length > room):
            raise ValueError(f"the prompt has {length} tokens, the model takes {room}")
        with torch.inference_mode():
            made = model.generate(
                **encoded,
                do_sample=False,
                num_beams=1,
                max_new_tokens=new,
                max_time=MOST_SECONDS,
                pad_token_id=_pad(tokenizer),
            )
        answer = made[0] if model.config.is_encoder_decoder else made[0][length:]
        return tokenizer.decode(answer, skip_special_tokens=True)

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

            config = AutoConfig.from_pretrained(self._name, trust_remote_code=False)
            kind = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
            model = kind.from_pretrained(self._name, config=config, use_safetensors=True, trust_remote_code=False)
            self._loaded = model.eval(), AutoTokenizer.from_pretrained(self._name, trust_remote_code=False)
        return self._loaded


def _prompt(tokenizer: Any, system: str, user: str) -> str:
    if getattr(tokenizer, "chat_template", None):
        turns = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        return tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    return f"{system}\n\n{user}\n\nDigest:\n"


def _pad(tokenizer: Any) -> int | None:
    return tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
