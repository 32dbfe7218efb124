"""Fit the matcher: the weights that order candidates, and the thresholds above which a card is shown.

    python -m models.training.matcher OUT [--cache FOLDER]

Fitted on queries that neither embedder nor cross-encoder was trained on: a seventh of train, and the tweets' dev. Each
query is asked twice, with its right answers in the archive and without; ordinary replies, which have none, are asked
too. First the weights of what words and vectors say, then how much it counts that the best one stands out from the
next. How much reading counts in a pair by itself, as in a server's own history, is fitted on invented stories.
"""

import argparse
import hashlib
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression

from models.cross_encoder import CrossEncoder
from models.embedder import Embedder
from models.matcher import WEIGHTS_FILE, Fitted, Matcher, Pair, probability
from models.ranking import fuse
from models.training.claims import DATA, Collection, look_alikes, read_collection, read_lines, whole
from models.training.stories import OTHER, SAME, read_stories, story_pairs
from models.wording import plain, rarities

LISTED = 20
REPLIES = 400
FALSE_CARDS = 0.015  # of one pair by itself
FALSE_PAIRS = 0.01  # of a story and what does not make its claim
SUGGESTED_PAIR = 0.3
FALSE_MATCHES = 0.0125  # of the best that an archive has; twice as many of queries that are new (cross-validated)
SUGGESTED_RIGHT = 0.5
DECAY = 3e-3  # of a weight in units of its feature's spread
SEED = 7


@dataclass(frozen=True, slots=True)
class Question:
    """Hold one query with its candidates: the pairs, their features (n, k), and which of them are right (n,)."""

    pairs: list[Pair]
    features: np.ndarray
    right: np.ndarray

    @property
    def claims(self) -> list[str]:
        return [pair.claim for pair in self.pairs]


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold what the archives were asked: queries with their right answers there, the same without, and replies."""

    with_gold: list[Question]
    without: list[Question]
    replies: list[Question]

    @property
    def all(self) -> list[Question]:
        return self.with_gold + self.without + self.replies


def encode(embedder: Embedder, texts: list[str], cache: Path | None) -> np.ndarray:
    """Encode texts once for the same embedder and the same texts."""
    if cache is None:
        return embedder.encode(texts)
    key = hashlib.sha256("\0".join([embedder.version, *texts]).encode()).hexdigest()[:16]
    path = cache / f"{key}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        np.save(path, embedder.encode(texts))
    return np.load(path)


class Side:
    """Find candidates in one collection as an archive does: by meaning and by words, merged by rank."""

    def __init__(self, collection: Collection, embedder: Embedder, matcher: Matcher, cache: Path | None) -> None:
        self.ids = list(collection.claims)
        self.collection = collection
        self._texts = [whole(collection, i) for i in self.ids]
        self._vectors = encode(embedder, self._texts, cache)
        self._embedder, self._matcher, self._cache = embedder, matcher, cache

    def questions(self, queries: dict[str, str], *, with_gold: bool) -> list[Question]:
        """Return a question for each query, its right answers taken out of the archive unless `with_gold`."""
        texts = list(queries.values())
        cosines = encode(self._embedder, [plain(text) for text in texts], self._cache) @ self._vectors.T
        by_words = look_alikes(texts, self._texts, 60)
        found = []
        for row, query_id in enumerate(queries):
            gold = self.collection.gold.get(query_id, set())
            nearest = np.argsort(-cosines[row])[:60]
            ranking = fuse([nearest.tolist(), by_words[row].tolist()])
            places = [n for n in ranking if with_gold or self.ids[n] not in gold][:LISTED]
            pairs = [Pair(texts[row], self._texts[n], float(cosines[row, n])) for n in places]
            right = np.array([self.ids[n] in gold for n in places])
            features = np.stack([self._matcher.features(pair) for pair in pairs])
            found.append(Question(pairs, features, right))
        return found


def fit(questions: list[Question]) -> np.ndarray:
    """Return the weights under which the right candidate, or that there is none, is likeliest (a softmax)."""
    features = torch.from_numpy(np.stack([q.features for q in questions])).double()
    spread = features.flatten(0, 1).std(0)
    spread[-1] = 1.0  # the constant
    features = features / spread
    right = torch.from_numpy(np.stack([q.right for q in questions]))
    weights = torch.zeros(features.shape[2], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        scores = features @ weights
        every = torch.logsumexp(torch.cat([scores, torch.zeros(len(scores), 1)], dim=1), dim=1)
        chosen = torch.where(right.any(1), torch.logsumexp(scores.masked_fill(~right, -1e9), dim=1), 0.0)
        value = (every - chosen).mean() + DECAY * (weights[:-1] ** 2).sum()
        value.backward()
        return value

    optimizer.step(loss)
    return (weights.detach() / spread).numpy().astype(np.float32)


def best_scores(questions: list[Question], weights: np.ndarray) -> np.ndarray:
    """Return the score of each question's best candidate, in [0, 1]."""
    return np.array([probability(q.features @ weights).max() for q in questions])


def standing(questions: list[Question], matcher: Matcher, weights: np.ndarray) -> np.ndarray:
    """Return of each question's best candidate its log-odds and how far it is above the next, (questions, 2)."""
    logits = [q.features @ weights for q in questions]
    return np.array(
        [(z.max(), matcher.stands_out(z, q.claims)[1]) for z, q in zip(logits, questions, strict=True)], np.float64
    )


def fit_standing(asked: Asked, matcher: Matcher, weights: np.ndarray) -> np.ndarray:
    """Return how much the score and standing out count, and what is added (a logistic regression), (3,)."""
    best_is_right = [bool(q.right[np.argmax(q.features @ weights)]) for q in asked.with_gold]
    best_is_right += [False] * (len(asked.all) - len(best_is_right))
    fitted = LogisticRegression(C=10).fit(standing(asked.all, matcher, weights), best_is_right)
    return np.array([*fitted.coef_[0], fitted.intercept_[0]], np.float32)


def archives_asked(
    embedder: Embedder, matcher: Matcher, collections: Sequence[Collection], cache: Path | None
) -> Asked:
    """Ask the archives what is kept back of their queries, with right answers and without, and ordinary replies."""
    tweets, debates = collections
    sides = [Side(collection, embedder, matcher, cache) for collection in collections]
    queries = [tweets.queries["held"] | tweets.queries["dev"], debates.queries["held"]]
    rows = list(read_lines(DATA.parent / "replies" / "train.jsonl"))
    rng = random.Random(SEED)  # noqa: S311 - not for secrets
    replies = {row["id"]: row["text"] for row in rng.sample(rows, REPLIES)}
    each = list(zip(sides, queries, strict=True))
    return Asked(
        [q for side, asked in each for q in side.questions(asked, with_gold=True)],
        [q for side, asked in each for q in side.questions(asked, with_gold=False)],
        [q for side in sides for q in side.questions(replies, with_gold=False)],
    )


def fit_archives(matcher: Matcher, asked: Asked, weights: np.ndarray) -> np.ndarray:
    """Return what `Fitted.standing` holds, (5,)."""
    likely = max(
        np.quantile(best_scores(asked.without, weights), 1 - FALSE_CARDS),
        np.quantile(best_scores(asked.replies, weights), 1 - FALSE_CARDS / 4),
    )
    stands = fit_standing(asked, matcher, weights)
    sure = [standing(each, matcher, weights) @ stands[:2] + stands[2] for each in (asked.without, asked.replies)]
    stands_at = max(np.quantile(sure[0], 1 - FALSE_MATCHES), np.quantile(sure[1], 1 - FALSE_MATCHES / 4))
    return np.array([*stands, stands_at, SUGGESTED_RIGHT * likely], np.float32)


def fit_pairs(matcher: Matcher, same: list[Pair], other: list[Pair]) -> tuple[np.ndarray, np.ndarray]:
    """Return how much reading counts in a pair by itself, (2,), and what confirms and suggests it, (2,)."""
    read = [
        matcher.read(pairs, matcher.at_first([matcher.features(pair) for pair in pairs]))[0] for pairs in (same, other)
    ]
    truth = [True] * len(same) + [False] * len(other)
    fitted = LogisticRegression(C=10).fit(np.concatenate(read)[:, None], truth)
    counts, added = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    confirm_at = np.quantile(probability(counts * read[1] + added), 1 - FALSE_PAIRS)
    return np.array([counts, added], np.float32), np.array([confirm_at, SUGGESTED_PAIR], np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cache", type=Path, help="keep vectors here between runs")
    arguments = parser.parse_args()
    embedder = Embedder.from_pretrained()
    cross_encoder = CrossEncoder.from_pretrained(embedder)
    collections = [read_collection("checkthat2a"), read_collection("checkthat2b")]
    rarity = rarities([whole(each, claim) for each in collections for claim in each.claims])
    fitted = Fitted(rarity, *(np.ones(size, np.float32) for size in (10, 2, 2, 5)))
    asked = archives_asked(embedder, Matcher(fitted, cross_encoder), collections, arguments.cache)
    fitted = replace(fitted, weights=fit(asked.all))
    matcher = Matcher(fitted, cross_encoder)
    stands = fit_archives(matcher, asked, fitted.weights)
    stories = read_stories("held")
    pair, thresholds = fit_pairs(matcher, story_pairs(stories, SAME, embedder), story_pairs(stories, OTHER, embedder))
    stored = asdict(replace(fitted, standing=stands, pair=pair, thresholds=thresholds))
    print({name: value.round(2).tolist() for name, value in stored.items() if name != "rarity"})
    arguments.out.mkdir(parents=True, exist_ok=True)
    save_file(stored, arguments.out / WEIGHTS_FILE)


if __name__ == "__main__":
    main()
