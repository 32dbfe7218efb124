"""How quick is the reader here? `python -m benchmarks.reader` prints one JSON object.

Messages are the invented chat of `models/training`, read as the bot reads them: on a thread for each core, in batches.
The comparison is `transformers.pipeline("text-classification")` over a network of the same shape, fed one message at
a time. Every figure is the best of three, which on a machine that others use is nearest to the machine's own.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable

import torch

from bot.resources import workers
from models.encoder import HEADS, INNER, LAYERS, POSITIONS, VOCABULARY, WIDTH
from models.files import TOKENIZER_FILE
from models.reader import WEIGHTS, Passage, Reader
from models.training.chat import CHAT

MESSAGES, BATCH = 192, 32
LAYER_WEIGHTS = 4 * WIDTH * WIDTH + 2 * WIDTH * INNER


def run() -> dict[str, float]:
    """Return throughput, latency, the comparison with a pipeline, start-up and memory."""
    passages = messages()
    reader = Reader.from_pretrained()
    reader.predict(passages)
    with workers()[0] as pool:
        cut = [passages[start : start + BATCH] for start in range(0, len(passages), BATCH)]
        batched = best_of_three(lambda: list(pool.map(reader.predict, cut)))
    torch.set_num_threads(os.cpu_count() or 1)
    lone = sorted(seconds(lambda one=one: reader.predict([one])) for one in passages[:100])
    piped = best_of_three(pipeline(passages[:48])) / 48
    limit, reached = matmul_limit(), work(passages) / batched
    return {
        "messages": len(passages),
        "messages_per_second": round(len(passages) / batched, 1),
        "lone_p50_ms": round(1000 * lone[50], 1),
        "lone_p95_ms": round(1000 * lone[95], 1),
        "pipeline_messages_per_second": round(1 / piped, 1),
        "times_pipeline": round(piped * len(passages) / batched, 2),
        "matmul_gflops_limit": round(limit / 1e9, 1),
        "share_of_limit": round(reached / limit, 2),
        **start_up(),
    }


def messages() -> list[Passage]:
    """Return invented replies under invented stories."""
    rows = [json.loads(line) for line in CHAT.read_text(encoding="utf-8").splitlines()]
    stories = [row["story"] for row in rows if "text" not in row]
    texts = [row["text"] for row in rows if "text" in row]
    paired = [f"{text} {other}" for text, other in zip(texts, reversed(texts), strict=True)]
    return [Passage(text, stories[row % len(stories)]) for row, text in enumerate(paired[:MESSAGES])]


def pipeline(passages: list[Passage]) -> Callable[[], None]:
    """Return what reads the passages one at a time with a text-classification pipeline of the same shape."""
    from transformers import (
        BertConfig,
        BertForSequenceClassification,
        PreTrainedTokenizerFast,
        TextClassificationPipeline,
    )

    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        max_position_embeddings=POSITIONS,
        num_labels=5,
    )
    special = {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(WEIGHTS / TOKENIZER_FILE), **special)
    classify = TextClassificationPipeline(model=BertForSequenceClassification(config).eval(), tokenizer=tokenizer)

    def read() -> None:
        for one in passages:
            classify({"text": one.text, "text_pair": one.story or ""})

    return read


def matmul_limit() -> float:
    """Return how many floating-point operations a second this machine multiplies matrices with."""
    size = 1024
    left, right = torch.randn(size, size), torch.randn(size, size)
    return 2 * size**3 / best_of_three(lambda: [left @ right for _ in range(5)]) * 5


def work(passages: list[Passage]) -> float:
    """Return the floating-point operations in the layers' matrices that reading takes, each story once."""
    from tokenizers import Tokenizer

    from models.tokens import encode, encode_alone

    tokenizer = Tokenizer.from_file(str(WEIGHTS / TOKENIZER_FILE))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    joint = sum(len(encode(tokenizer, one.text, one.story or "", "").ids) for one in passages)
    alone = sum(len(encode_alone(tokenizer, one.text, reply=True).ids) for one in passages)
    return 2.0 * LAYERS * LAYER_WEIGHTS * (joint + alone)


def start_up() -> dict[str, float]:
    """Return how long a fresh process takes to its first reading, and the most memory that it held."""
    script = (
        "from models.reader import Passage, Reader\n"
        "reader = Reader.from_pretrained()\n"
        "reader.predict([Passage('c\\'est la vie, mon ami, que veux-tu que je te dise', 'A story')] * 64)\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))\n"
    )
    began = time.perf_counter()
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    return {
        "start_up_s": round(time.perf_counter() - began, 2),
        "resident_mb": round(int(ended.stdout) / 1024),
    }


def best_of_three(action: Callable[[], object]) -> float:
    """Return the shortest time of three, in seconds."""
    return min(seconds(action) for _ in range(3))


def seconds(action: Callable[[], object]) -> float:
    """Return how long an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
