"""Fit the matcher: the weights that order candidates, and the thresholds above which a card is shown.

    python -m models.training.matcher OUT [--cache FOLDER]

Fitted on queries that the embedder was not trained on: a seventh of train, and the tweets' dev. Each query is asked
twice, with its right answers in the archive and without; ordinary replies, which have none, are asked too. First the
weights that order candidates, then how much it counts that the best one stands out from the next.
"""

import argparse
import hashlib
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression

from models.embedder import Embedder
from models.matcher import WEIGHTS_FILE, Matcher, Pair
from models.ranking import fuse
from models.training.claims import DATA, Collection, look_alikes, read_collection, read_lines, whole
from models.wording import plain, rarities

LISTED = 20
REPLIES = 400
FALSE_CARDS = 0.015  # of one pair by itself
FALSE_MATCHES = 0.0125  # of the best that an archive has; twice as many of queries that are new (cross-validated)
SUGGESTED_RIGHT = 0.5
DECAY = 3e-3  # of a weight in units of its feature's spread
SEED = 7


@dataclass(frozen=True, slots=True)
class Question:
    """Hold one query with its candidates: features (n, k), which of them are right (n,), and the claims."""

    features: np.ndarray
    right: np.ndarray
    claims: tuple[str, ...]


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


class Asked:
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
            found.append(Question(features, right, tuple(pair.claim for pair in pairs)))
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
    return np.array([(1 / (1 + np.exp(-q.features @ weights))).max() for q in questions])


def standing(questions: list[Question], matcher: Matcher, weights: np.ndarray) -> np.ndarray:
    """Return of each question's best candidate its log-odds and how far it is above the next, (questions, 2)."""
    logits = [q.features @ weights for q in questions]
    return np.array(
        [(z.max(), matcher.stands_out(z, q.claims)[1]) for z, q in zip(logits, questions, strict=True)], np.float64
    )


def fit_standing(
    with_gold: list[Question], others: list[Question], matcher: Matcher, weights: np.ndarray
) -> np.ndarray:
    """Return how much the score and standing out count, and what is added (a logistic regression), (3,)."""
    best_is_right = [bool(q.right[np.argmax(q.features @ weights)]) for q in with_gold] + [False] * len(others)
    fitted = LogisticRegression(C=10).fit(standing(with_gold + others, matcher, weights), best_is_right)
    return np.array([*fitted.coef_[0], fitted.intercept_[0]], np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cache", type=Path, help="keep vectors here between runs")
    arguments = parser.parse_args()
    embedder = Embedder.from_pretrained()
    tweets, debates = read_collection("checkthat2a"), read_collection("checkthat2b")
    rarity = rarities([whole(c, i) for c in (tweets, debates) for i in c.claims])
    blank = Matcher(rarity, np.zeros(10, np.float32), np.ones(2, np.float32), np.ones(4, np.float32))
    sides = [Asked(collection, embedder, blank, arguments.cache) for collection in (tweets, debates)]
    queries = [tweets.queries["held"] | tweets.queries["dev"], debates.queries["held"]]
    with_gold = [q for side, asked in zip(sides, queries, strict=True) for q in side.questions(asked, with_gold=True)]
    without = [q for side, asked in zip(sides, queries, strict=True) for q in side.questions(asked, with_gold=False)]
    rows = list(read_lines(DATA.parent / "replies" / "train.jsonl"))
    rng = random.Random(SEED)  # noqa: S311 - not for secrets
    replies = {row["id"]: row["text"] for row in rng.sample(rows, REPLIES)}
    chat = [q for side in sides for q in side.questions(replies, with_gold=False)]
    weights = fit(with_gold + without + chat)
    confirm_at = max(
        np.quantile(best_scores(without, weights), 1 - FALSE_CARDS),
        np.quantile(best_scores(chat, weights), 1 - FALSE_CARDS / 4),
    )
    thresholds = np.array([confirm_at, SUGGESTED_RIGHT * confirm_at], np.float32)
    fitted = Matcher(rarity, weights, thresholds, np.ones(4, np.float32))
    counted = fit_standing(with_gold, without + chat, fitted, weights)
    sure = [standing(asked, fitted, weights) @ counted[:2] + counted[2] for asked in (without, chat)]
    stands_at = max(np.quantile(sure[0], 1 - FALSE_MATCHES), np.quantile(sure[1], 1 - FALSE_MATCHES / 4))
    stood = np.array([*counted, stands_at], np.float32)
    print("weights", weights.round(2), "thresholds", thresholds, "standing", stood)
    arguments.out.mkdir(parents=True, exist_ok=True)
    stored = {"rarity": rarity, "weights": weights, "thresholds": thresholds, "standing": stood}
    save_file(stored, arguments.out / WEIGHTS_FILE)


if __name__ == "__main__":
    main()
