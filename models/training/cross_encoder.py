"""Fine-tune the cross-encoder on judged queries, invented messages and stories, and pairs of sentences.

    python -m models.training.cross_encoder OUT [--messages FILE ...] [--start FOLDER] [--cache FOLDER]

A query is asked with one right answer, now and then without, among claims that lie near it: the softmax has to find
the right one, or that there is none. So are the texts of the invented stories (models/training/stories.py).
`--messages` are JSON Lines `{"id", "same", "near"}`: a message that makes the claim `id` of an archive ("2a:" or "2b:"
before it), and one that only looks like it. `--start` goes on from weights that are there. A pass over 20,000 groups
takes two cores about twenty minutes.
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from models.cross_network import CONTRARY, DENIES, SAME, SHARED, CrossNetwork, coarse
from models.embedder import Embedder
from models.files import load_weights, save_weights
from models.network import pad
from models.ranking import fuse
from models.tokens import Encoded, encode_pair
from models.training.claims import DATA, Collection, look_alikes, misspelt, read_collection, read_lines, whole
from models.training.descent import LAYER_DECAY, descend
from models.training.matcher import encode
from models.training.stories import Story, copied, read_stories
from models.wording import plain

COLLECTIONS = {"2a": "checkthat2a", "2b": "checkthat2b"}
LISTED, NEAREST = 30, 8
TWINS = 0.82  # cosine from which two claims of an archive may be the same one
REPLIES = 600
PAIRS = {  # sentences: how many, and of which split
    "factgpt_tweet_claim": (4500, "train"),
    "covidfact_counterclaim_pairs": (700, None),
    "msrp_news_paraphrase": (1200, "train"),
    "fever_symmetric": (800, None),
    "climate_fever": (900, None),
    "healthver_devtest": (700, None),
    "sick": (500, None),
}
PAIRS_IN_A_PASS = 2000
NEITHER = 2
ANSWERS = {"entail": SAME, "paraphrase": SAME, "contradict": CONTRARY}
WITHOUT_ANSWER, RECASED = 0.2, 1 / 6
BATCH_TOKENS, GROUPS_A_STEP = 2_400, 24
RATE, HEAD_RATE = 6e-5, 5e-4
SMOOTHING, PAIR_WEIGHT, DENIAL_WEIGHT = 0.03, 0.5, 0.4
SEED = 11


@dataclass(frozen=True, slots=True)
class Query:
    """Hold a text, the claims that answer it, claims near it that do not, and a message that only looks like it."""

    text: str
    right: tuple[str, ...]
    wrong: tuple[str, ...]
    near: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Hold pairs read side by side with the right one's place (their number: none is).

    Of a single pair `answer` says what it is instead; `denies` says whether the right one is told by its denial.
    """

    pairs: tuple[Encoded, ...]
    right: int | None = None
    answer: int | None = None
    denies: bool | None = None

    @property
    def longest(self) -> int:
        return max(len(pair.ids) for pair in self.pairs)


def judged(collection: Collection, embedder: Embedder, cache: Path | None) -> list[Query]:
    """Return the train queries that have an answer, each among what lies near it."""
    asked = {i: text for i, text in collection.queries["train"].items() if collection.gold.get(i)}
    found = nearest(collection, embedder, list(asked.values()), cache)
    queries = []
    for (query_id, text), claims in zip(asked.items(), found, strict=True):
        gold = collection.gold[query_id]
        right = tuple(whole(collection, i) for i in sorted(gold))
        queries.append(Query(text, right, tuple(whole(collection, i) for i in claims if i not in gold)))
    return queries


def invented(collection: Collection, embedder: Embedder, rows: list[dict[str, str]], cache: Path | None) -> list[Query]:
    """Return messages that make a claim of the archive; what may be the same claim again is no wrong answer."""
    if not rows:
        return []
    ids = list(collection.claims)
    place = {claim: row for row, claim in enumerate(ids)}
    vectors = encode(embedder, [whole(collection, i) for i in ids], cache)
    queries = []
    for row, claims in zip(rows, nearest(collection, embedder, [r["same"] for r in rows], cache), strict=True):
        like = vectors @ vectors[place[row["id"]]]
        wrong = tuple(whole(collection, i) for i in claims if i != row["id"] and like[place[i]] < TWINS)
        queries.append(Query(row["same"], (whole(collection, row["id"]),), wrong, row["near"]))
    return queries


def nearest(collection: Collection, embedder: Embedder, texts: list[str], cache: Path | None) -> list[list[str]]:
    """Return for each text the ids of the claims nearest by meaning and by words, best first."""
    ids = list(collection.claims)
    claims = [whole(collection, i) for i in ids]
    cosines = encode(embedder, [plain(text) for text in texts], cache) @ encode(embedder, claims, cache).T
    by_words = look_alikes(texts, claims, 60)
    return [
        [ids[n] for n in fuse([np.argsort(-row)[:60].tolist(), words.tolist()])[:LISTED]]
        for row, words in zip(cosines, by_words, strict=True)
    ]


def replies(collection: Collection, embedder: Embedder, rng: random.Random, cache: Path | None) -> list[Query]:
    """Return ordinary replies, which nothing in an archive answers."""
    rows = list(read_lines(DATA.parent / "replies" / "train.jsonl"))
    texts = [row["text"] for row in rng.sample(rows, REPLIES) if len(row["text"]) > 40]
    found = nearest(collection, embedder, texts, cache)
    return [
        Query(text, (), tuple(whole(collection, i) for i in claims[:12]))
        for text, claims in zip(texts, found, strict=True)
    ]


def sentences(rng: random.Random) -> list[tuple[str, str, int]]:
    """Return pairs of sentences with what the second says of the first."""
    found = []
    for name, (most, split) in PAIRS.items():
        rows = [
            (row["premise"], row["hypothesis"], ANSWERS.get(row["label"], NEITHER))
            for row in read_lines(DATA / "pairs" / f"{name}.jsonl.gz")
            if (split is None or row.get("split") == split) and len(row["premise"]) < 500
        ]
        found += rng.sample(rows, min(most, len(rows)))
    return found


class Cut:
    """Turn texts into groups of pairs, drawn anew for each pass."""

    def __init__(self, tokenizer: Tokenizer, rng: random.Random) -> None:
        self._tokenizer = tokenizer
        self._rng = rng

    def query(self, query: Query) -> Iterator[Group]:
        """Give a query among some of what is near it, with a right answer or without, and what only looks like it."""
        rng, text = self._rng, misspelt(query.text, self._rng)
        close, far = query.wrong[:NEAREST], query.wrong[NEAREST:]
        wrong = rng.sample(close, min(2 if query.near else 3, len(close))) + rng.sample(far, min(1, len(far)))
        with_answer = query.right and rng.random() > WITHOUT_ANSWER
        yield self._group(text, [rng.choice(query.right)] if with_answer else [], wrong)
        if query.near:
            yield self.pair(misspelt(query.near, rng), query.right[0], NEITHER)
            if rng.random() < 0.25:
                yield self.pair(query.text, query.near, NEITHER)
        if query.right and rng.random() < 0.25:
            claim = rng.choice(query.right)
            yield self._group(copied(claim.rpartition("\n")[2], rng), [claim], wrong)

    def story(self, story: Story, other: Story) -> Iterator[Group]:
        """Give a story's texts, each among what does and does not say the same."""
        rng = self._rng
        told = rng.choice([story.story, story.retold])
        yield self._group(story.retold, [story.story], [story.near, story.update, other.story], denies=False)
        yield self._group(story.chat, [story.story], [story.near, story.topic, story.update], denies=False)
        yield self._group(story.denial, [told], [story.near, story.update], denies=True)
        yield self._group(story.story, [story.denial], [story.update, story.topic], denies=True)
        told = rng.choice([story.retold, story.chat])
        yield self._group(story.story, [told], [story.near, story.update, story.topic], denies=False)
        yield self._group(story.near, [], [story.story, rng.choice([story.retold, story.denial, story.chat])])
        yield self._group(rng.choice([story.update, story.topic]), [], [story.story, told])
        yield self._group(copied(told, rng), [told], [other.story])
        yield self._group(copied(story.story, rng), [story.story], [story.near, other.story], denies=False)
        yield self.pair(copied(story.near, rng), story.story, NEITHER)

    def pair(self, text: str, claim: str, answer: int) -> Group:
        """Return one pair by itself."""
        return Group((encode_pair(self._tokenizer, *recased([text, claim], self._rng)),), answer=answer)

    def _group(self, text: str, right: list[str], wrong: list[str], denies: bool | None = None) -> Group:
        text, *claims = recased([misspelt(text, self._rng), *right, *wrong], self._rng)
        pairs = tuple(encode_pair(self._tokenizer, text, claim) for claim in claims)
        return Group(pairs, right=0 if right else len(pairs), denies=denies)


def recased(texts: Sequence[str], rng: random.Random) -> list[str]:
    """Return texts as they are or, one time in six, all in capitals of a kind that tell no names."""
    told = rng.choice([str.lower, str.title, str.upper]) if rng.random() < RECASED else str
    return [told(text) for text in texts]


def batches(groups: Sequence[Group], rng: random.Random) -> list[list[Group]]:
    """Cut into batches of like length, in random order."""
    found: list[list[Group]] = [[]]
    for group in sorted(groups, key=lambda group: group.longest + rng.random() * 12):
        together = sum(len(each.pairs) for each in found[-1]) + len(group.pairs)
        if found[-1] and together * group.longest > BATCH_TOKENS:
            found.append([])
        found[-1].append(group)
    rng.shuffle(found)
    return found


def loss_of(logits: Tensor, batch: Sequence[Group]) -> Tensor:
    """Return the summed loss of a batch, (pairs, 3) logits in the order of its groups."""
    losses, start = [], 0
    for group in batch:
        own = logits[start : start + len(group.pairs)]
        start += len(group.pairs)
        nothing = torch.zeros(1)
        if group.answer is None:
            scores, target, weight = torch.cat([own[:, SAME], nothing]), group.right, 1.0
        else:
            scores, target, weight = torch.cat([own[0, : CONTRARY + 1], nothing]), group.answer, PAIR_WEIGHT
        told = functional.cross_entropy(scores[None], torch.tensor([target]), label_smoothing=SMOOTHING)
        losses.append(weight * told)
        if group.denies is not None:
            denied = functional.binary_cross_entropy_with_logits(own[0, DENIES], torch.tensor(float(group.denies)))
            losses.append(DENIAL_WEIGHT * denied)
    return torch.stack(losses).sum()


def train(network: CrossNetwork, embedder: Embedder, steps: Sequence[Sequence[Group]]) -> None:
    """Fine-tune a network in place, one step for each batch."""
    groups: list[dict[str, object]] = [
        {"params": list(layer.parameters()), "lr": RATE * LAYER_DECAY ** (len(network.layers) - 1 - depth)}
        for depth, layer in enumerate(network.layers)
    ]
    heads = [*network.norm.parameters(), *network.mix.parameters(), *network.head.parameters()]

    def loss(batch: Sequence[Group]) -> Tensor:
        logits = network(embedder.encoder, pad([pair for group in batch for pair in group.pairs]))
        return loss_of(logits, batch) / GROUPS_A_STEP

    descend(network, [*groups, {"params": heads, "lr": HEAD_RATE}], steps, loss)


def begin(embedder: Embedder, start: Path | None) -> CrossNetwork:
    """Return the network to begin with: the weights in `start`, or the embedder's own upper layers."""
    network = CrossNetwork()
    if start is not None:
        load_weights(network, start)
    else:
        for layer, base in zip(network.layers, embedder.encoder.layers[SHARED:], strict=True):
            layer.load_state_dict(base.state_dict())
    return network


def gather(embedder: Embedder, messages: Sequence[Path], cache: Path | None, rng: random.Random) -> list[Query]:
    """Collect what is asked: judged queries, invented messages, ordinary replies."""
    rows = [row for path in messages for row in read_lines(path)]
    collections = {tag: read_collection(name) for tag, name in COLLECTIONS.items()}
    queries = replies(collections["2a"], embedder, rng, cache)
    for tag, collection in collections.items():
        own = [{**row, "id": row["id"][3:]} for row in rows if row["id"].startswith(f"{tag}:")]
        queries += judged(collection, embedder, cache) + invented(collection, embedder, own, cache)
    return queries


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--messages", type=Path, nargs="*", default=[])
    parser.add_argument("--start", type=Path)
    parser.add_argument("--cache", type=Path, help="keep vectors here between runs")
    arguments = parser.parse_args()
    rng = random.Random(SEED)  # noqa: S311 - not for secrets
    torch.manual_seed(SEED)
    embedder = Embedder.from_pretrained()
    cut = Cut(embedder.tokenizer, rng)
    queries = gather(embedder, arguments.messages, arguments.cache, rng)
    groups = [group for query in queries for group in cut.query(query)]
    stories = read_stories("learnt")
    for place, story in enumerate(stories):
        groups += cut.story(story, stories[place - rng.randrange(1, len(stories))])
    groups += [cut.pair(*pair) for pair in rng.sample(sentences(rng), PAIRS_IN_A_PASS)]
    network = begin(embedder, arguments.start)
    train(network, embedder, batches(groups, rng))
    save_weights(network, arguments.out, coarse(network))


if __name__ == "__main__":
    main()
