"""Does the archive find earlier claims, and does it know when there is none?

python -m benchmarks.match [SET ...]

Asks the sets beside the checkout (../shared/data/claims) and has ../shared/score/claims.py score the answers. Queries
lose the byline that a chat message would not have. The first run encodes the archives (minutes), later ones do not.
`stories` judges pairs of messages as in a server's own history: a sixth of the invented stories, which nothing learnt
from, against how they are told again, and against what only looks like them.
"""

import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.archive import Archive
from bot.jsonl import QueryRow
from models.embedder import Embedder
from models.matcher import Matcher
from models.training.claims import BYLINE, DATA
from models.training.stories import OTHER, SAME, read_stories, story_pairs

SCORER = DATA.parents[1] / "score" / "claims.py"
SETS = {
    "2a": ("checkthat2a", "queries.jsonl", "qrels.tsv", "test2021"),
    "2a-dev": ("checkthat2a", "queries.jsonl", "qrels.tsv", "dev"),
    "2b": ("checkthat2b", "queries.jsonl", "qrels.tsv", "dev"),
    "typos": ("checkthat2a", "edited_queries.jsonl", "edited_qrels.tsv", "typos.worstcase"),
    "names": ("checkthat2a", "edited_queries.jsonl", "edited_qrels.tsv", "named_entity_replacement.worstcase"),
    "negation": ("checkthat2a", "edited_queries.jsonl", "edited_qrels.tsv", "negation.worstcase"),
}


def read_rows(path: Path) -> list[dict]:
    """Read JSON Lines, compressed or not."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        return [json.loads(line) for line in lines]


def read_gold(path: Path, queries: Iterable[str]) -> dict[str, set[str]]:
    """Read which claims answer which of these queries."""
    wanted, gold = set(queries), {}
    for line in path.read_text().splitlines():
        query, claim = line.split("\t")[:2]
        if query in wanted:
            gold.setdefault(query, set()).add(claim)
    return gold


def answer(archive: Archive, queries: dict[str, str], path: Path) -> Path:
    """Write what the archive says of the queries as `python -m bot match --any-date` would."""
    rows = [QueryRow(id=i, text=text) for i, text in queries.items()]
    with path.open("w") as out:
        for result in archive.match(rows, any_date=True):
            matches = [{"id": match.id, "score": match.score} for match in result.matches]
            out.write(json.dumps({"id": result.id, "state": str(result.state), "matches": matches}) + "\n")
    return path


def score(gold: dict[str, set[str]], folder: Path, *answers: Path) -> dict[str, float]:
    """Run the scorer over answered queries."""
    qrels = folder / "qrels.tsv"
    qrels.write_text("".join(f"{query}\t{claim}\t1\n" for query, claims in gold.items() for claim in claims))
    done = subprocess.run([sys.executable, SCORER, qrels, *answers], capture_output=True, text=True, check=True)  # noqa: S603
    return json.loads(done.stdout)


def ask(name: str, suffix: str, embedder: Embedder, folder: Path, *, without: bool) -> dict[str, float]:
    """Score one set; `without` asks again with every right answer taken out of the archive."""
    collection, queries_file, gold_file, split = SETS[name]
    queries = {
        row["id"]: BYLINE.sub("", row["text"])
        for row in read_rows(DATA / collection / queries_file)
        if row["split"] == split + suffix
    }
    gold = read_gold(DATA / collection / gold_file, queries)
    queries = {query: text for query, text in queries.items() if query in gold}
    rows = read_rows(DATA / collection / "corpus.jsonl.gz")
    answers = [answer(open_archive(rows, embedder, folder), queries, folder / "predicted.jsonl")]
    if without:
        right = set().union(*gold.values())
        rest = [row for row in rows if row["id"] not in right]
        answers.append(answer(open_archive(rest, embedder, folder), queries, folder / "without.jsonl"))
    return score(gold, folder, *answers)


def open_archive(rows: list[dict], embedder: Embedder, folder: Path) -> Archive:
    """Open an archive of these rows, vectors from the user's cache where it has them."""
    path = folder / "archive.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return Archive.open(path, embedder, progress=lambda done, wanted: print(done, "/", wanted, file=sys.stderr))


def confirmed_replies(embedder: Embedder, folder: Path) -> tuple[int, int]:
    """Ask ordinary replies, which should get no card: (confirmed, asked)."""
    archive = open_archive(read_rows(DATA / "checkthat2a" / "corpus.jsonl.gz"), embedder, folder)
    rows = read_rows(DATA.parent / "replies" / "dev.jsonl")
    results = archive.match([QueryRow(id=row["id"], text=row["text"]) for row in rows], any_date=True)
    return sum(result.state == "confirmed" for result in results), len(rows)


def judged_stories(embedder: Embedder) -> Iterator[str]:
    """Say for each kind of text how many are taken for the story's claim, and for its denial."""
    stories, matcher = read_stories("test"), Matcher.from_pretrained(embedder)
    for kind in (*SAME, *OTHER):
        judged = matcher.judge(story_pairs(stories, [kind], embedder))
        states = Counter(each.state for each in judged)
        denied = sum(each.contradicts for each in judged)
        shares = [count / len(stories) for count in (states["confirmed"], states["suggested"], denied)]
        yield "{}: confirmed {:.3f}, suggested {:.3f}, taken for a denial {:.3f}".format(kind, *shares)


def main() -> None:
    """Print a line for each set."""
    embedder = Embedder.from_pretrained()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for asked in sys.argv[1:] or [*SETS, "replies", "stories"]:
            started = time.perf_counter()
            if asked == "stories":
                print(*judged_stories(embedder), sep="\n", flush=True)
                continue
            if asked == "replies":
                confirmed, all_of_them = confirmed_replies(embedder, folder)
                print(f"replies: {confirmed} of {all_of_them} confirmed", flush=True)
                continue
            edited = asked in ("typos", "names", "negation")
            for suffix in (".orig", ".edited") if edited else ("",):
                figures = ask(asked, suffix, embedder, folder, without=not edited)
                print(f"{asked}{suffix}: {figures} {time.perf_counter() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
