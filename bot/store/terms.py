"""Searching public fact-checks by their words; members' words never get a term index."""

import re
import sqlite3
from collections.abc import Sequence

TOKENIZER = "porter unicode61 remove_diacritics 2"
_WORD = re.compile(r"\w+")
_CREATE = f"CREATE VIRTUAL TABLE terms USING fts5(title, text, content='', tokenize='{TOKENIZER}')"
_SEARCH = "SELECT rowid, -rank FROM terms WHERE terms MATCH :words ORDER BY rank LIMIT :k"
# They stand in nearly every text, cost most of the time and say nothing.
_FREQUENT = """a an and are as at be been but by for from had has have he her his i if in into is it its me my no not of
on or our she so that the their them they this to was we were what when which who will with you your"""


class TermIndex:
    """Find texts by their words (SQLite FTS5, BM25), in memory."""

    def __init__(self, rows: Sequence[tuple[str, str]]) -> None:
        """Index (title, text) pairs; a row's number is its place in `rows`."""
        # One query thread at a time uses the index, but not always the one that built it.
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        with self._connection:
            self._connection.execute(_CREATE)
            self._connection.executemany(
                "INSERT INTO terms(rowid, title, text) VALUES (?, ?, ?)",
                ((number, title, text) for number, (title, text) in enumerate(rows)),
            )

    def search(self, text: str, k: int) -> list[tuple[int, float]]:
        """Return up to `k` (row number, BM25 score > 0), best first, for any of the words of `text`."""
        words = any_word(text)
        return list(self._connection.execute(_SEARCH, {"words": words, "k": k})) if words else []

    def close(self) -> None:
        """Free the index."""
        self._connection.close()


def any_word(text: str) -> str:
    """Return what FTS5 is asked for any of the words of a text; nothing when it has none that say something."""
    words = set(_WORD.findall(text.lower())).difference(_FREQUENT.split())
    return " OR ".join(f'"{word}"' for word in sorted(words))
