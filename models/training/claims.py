"""The claims that embedder and matcher learn from: read, cleaned, and paired with what is nearly but not the same."""

import gzip
import json
import random
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

DATA = Path(__file__).parents[2] / "../shared/data/claims"
BYLINE = re.compile(r"\s*(?:—|--|-)\s*[^—\n]{0,80}\(@\w+\)\s+\w+ \d+, \d{4}\s*$")
_NAME = re.compile(r"(?<=[a-z,;:] )(?:[A-Z][\w’'.-]+)(?: (?:[A-Z][\w’'.-]+))*")
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = {row[i]: row[max(0, i - 1)] + row[min(len(row) - 1, i + 1)] for row in _KEYS for i in range(len(row))}


@dataclass(frozen=True, slots=True)
class Example:
    """Hold one query, a claim that says the same, and claims near it that do not."""

    query: str
    same: str
    near: tuple[str, ...] = ()


@dataclass(slots=True)
class Collection:
    """Hold a set of fact-checks, the queries of each split and which fact-checks answer them."""

    claims: dict[str, str]
    titles: dict[str, str]
    queries: dict[str, dict[str, str]]
    gold: dict[str, set[str]] = field(default_factory=dict)


def read_lines(path: Path) -> Iterator[dict]:
    """Give the rows of a JSON Lines file, compressed or not."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        yield from map(json.loads, lines)


def read_collection(name: str) -> Collection:
    """Read a folder of the data; queries lose the byline that a chat message would not have.

    A seventh of train becomes the split `held`: nothing is trained on it, scores and thresholds are fitted on it.
    """
    folder = DATA / name
    rows = list(read_lines(folder / "corpus.jsonl.gz"))
    found = Collection({r["id"]: r["text"] for r in rows}, {r["id"]: r["title"] for r in rows}, {})
    for row in read_lines(folder / "queries.jsonl"):
        kept_back = row["split"] == "train" and zlib.crc32(row["id"].encode()) % 7 == 0
        split = "held" if kept_back else row["split"]
        found.queries.setdefault(split, {})[row["id"]] = BYLINE.sub("", row["text"])
    for line in (folder / "qrels.tsv").read_text().splitlines():
        query, claim = line.split("\t")[:2]
        found.gold.setdefault(query, set()).add(claim)
    return found


def look_alikes(queries: list[str], claims: list[str], k: int) -> np.ndarray:
    """Return for each query the places of the `k` claims nearest by words, best first: (queries, k)."""
    words = TfidfVectorizer(sublinear_tf=True, stop_words="english", ngram_range=(1, 2))
    known = words.fit_transform(claims)
    scores = (words.transform(queries) @ known.T).toarray()
    return np.argsort(-scores, axis=1)[:, :k]


def retrieval_examples(collection: Collection, split: str, near: int, rng: random.Random) -> list[Example]:
    """Pair each query with each of its claims and with some of the likeliest wrong ones by their words."""
    ids = list(collection.claims)
    queries = collection.queries[split]
    found = look_alikes(list(queries.values()), [whole(collection, i) for i in ids], 20)
    examples = []
    for (query_id, query), places in zip(queries.items(), found, strict=True):
        gold = collection.gold[query_id]
        wrong = [ids[n] for n in places if ids[n] not in gold][:12]
        for claim in sorted(gold):
            chosen = rng.sample(wrong, near)
            examples.append(Example(query, whole(collection, claim), tuple(whole(collection, c) for c in chosen)))
    return examples


def title_examples(collection: Collection, most: int, rng: random.Random) -> list[Example]:
    """Pair headlines with the claims that they stand over; no judgement of a query is used."""
    chosen = rng.sample(sorted(collection.claims), most)
    return [Example(collection.titles[i], collection.claims[i]) for i in chosen if collection.titles[i]]


def paraphrase_examples(most: int, rng: random.Random) -> list[Example]:
    """Pair texts that say the same: invented tweets and their claims, news paraphrases, evidence and claim."""
    wanted = {
        "factgpt_tweet_claim": ("entail", "train"),
        "msrp_news_paraphrase": ("paraphrase", "train"),
        "fever_rte_dev": ("entail", None),
    }
    examples = []
    for name, (label, split) in wanted.items():
        rows = [
            Example(row["premise"], row["hypothesis"])
            for row in read_lines(DATA / "pairs" / f"{name}.jsonl.gz")
            if row["label"] == label and row.get("split") == split and len(row["premise"]) < 400
        ]
        examples += rng.sample(rows, min(most, len(rows)))
    return examples


def whole(collection: Collection, claim: str) -> str:
    """Return a claim with the headline above it, as an archive encodes it."""
    title = collection.titles[claim]
    return f"{title}\n{collection.claims[claim]}" if title else collection.claims[claim]


def disturb(text: str, names: list[str], rng: random.Random) -> str:
    """Return a text as a hasty or mistaken person would type it: typos, lost signs, now and then another name."""
    roll = rng.random()
    if roll < 0.3:
        return _misspell(text, rng)
    if roll < 0.42:
        found = _NAME.findall(text)
        return text.replace(rng.choice(found), rng.choice(names)) if found else text
    if roll < 0.5:
        return re.sub(r"[^\w\s]", "", text).lower()
    return text


def misspelt(text: str, rng: random.Random) -> str:
    """Return a text as a hasty person would type it, now and then: with typos, or without signs and capitals."""
    roll = rng.random()
    if roll < 0.22:
        return _misspell(text, rng)
    return re.sub(r"[^\w\s]", "", text).lower() if roll < 0.32 else text


def names_in(texts: list[str]) -> list[str]:
    """Collect the capitalised names that stand inside sentences."""
    return sorted({name for text in texts for name in _NAME.findall(text)})


def _misspell(text: str, rng: random.Random) -> str:
    characters = list(text)
    for _ in range(max(1, len(text) // rng.randint(12, 40))):
        place = rng.randrange(len(characters))
        kind = rng.randrange(4)
        letter = characters[place].lower()
        if kind == 0:
            characters[place] = rng.choice(_NEIGHBOURS.get(letter, letter or " "))
        elif kind == 1:
            characters[place] = ""
        elif kind == 2:
            characters[place] *= 2
        elif place:
            characters[place - 1], characters[place] = characters[place], characters[place - 1]
    return "".join(characters)
