import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.archive import Archive
from bot.errors import RowError
from bot.jsonl import QueryRow
from bot.links import canonical_url, find_links
from bot.vector_cache import VectorCache, cache_directory
from models.embedder import Embedder
from models.matcher import State
from models.ranking import CANDIDATES, fuse, nearest

FERRY = "The ferry between Norby and Sandholm sank in a storm with 40 people aboard."
ROWS = [
    {"id": "ferry", "text": FERRY, "date": "2020-03-01", "rating": "true", "source": "ignored"},
    {
        "id": "cake",
        "text": "Cake cures colds.",
        "title": "Does cake cure colds?",
        "url": "https://facts.example.org/c/1/",
    },
    {"id": "bath", "text": "Norby's harbour bath leaks oil into the sea.", "date": "2024-05-05"},
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder.from_pretrained()


class CountingEmbedder(Embedder):
    """Count what has to be encoded."""

    encoded = 0

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.encoded += len(texts)
        return super().encode(texts)


def write(path: Path, rows: list[dict]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    return path


@pytest.fixture(scope="module")
def archive(embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    folder = tmp_path_factory.mktemp("archive")
    return Archive.open(write(folder / "a.jsonl", ROWS), embedder, cache=folder)


def ask(archive: Archive, text: str, day: str | None = None, *, any_date: bool = False, top: int = 10):
    return archive.match([QueryRow(id="q", text=text, date=day)], any_date=any_date, top=top)[0]


def test_a_retelling_is_confirmed_and_stands_first(archive: Archive) -> None:
    result = ask(archive, "A ferry with 40 people aboard sank in a storm between Norby and Sandholm")
    assert result.state is State.CONFIRMED
    assert result.matches[0].id == "ferry"
    scores = [match.score for match in result.matches]
    assert scores == sorted(scores, reverse=True)


def test_what_was_never_claimed_has_no_match(archive: Archive) -> None:
    assert ask(archive, "The library of Kirkeby closes its doors for good after ninety years").state is State.NONE


@pytest.mark.parametrize(
    ("day", "any_date", "found"),
    [("2020-03-02", False, True), ("2020-03-01", False, False), ("2019-01-01", True, True), (None, False, True)],
)
def test_only_earlier_rows_count(archive: Archive, day: str | None, any_date: bool, found: bool) -> None:
    result = ask(archive, FERRY, day, any_date=any_date)
    assert ("ferry" in [match.id for match in result.matches]) is found
    assert (result.state is State.CONFIRMED) is found


def test_a_row_without_a_date_counts_as_earlier(archive: Archive) -> None:
    assert "cake" in [match.id for match in ask(archive, "Does cake cure colds?", "1999-01-01").matches]


def test_the_same_page_is_confirmed_whatever_the_words(archive: Archive) -> None:
    result = ask(archive, "lol https://www.facts.example.org/c/1?utm_source=chat#top")
    assert result.state is State.CONFIRMED
    assert (result.matches[0].id, result.matches[0].score) == ("cake", 1.0)
    assert ask(archive, "lol https://facts.example.org/").state is State.NONE


def test_top_bounds_the_matches(archive: Archive) -> None:
    assert len(ask(archive, "Norby", top=2).matches) == 2


def test_results_keep_the_order_of_the_queries(archive: Archive) -> None:
    queries = [QueryRow(id=str(n), text=text) for n, text in enumerate(["cake", FERRY, "", "oil in the sea"])]
    assert [result.id for result in archive.match(queries)] == ["0", "1", "2", "3"]
    assert archive.match([]) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60) | st.sampled_from(['" OR NEAR(', "ferry* AND -NOT", "title:cake", "http://[::1", "a\x00b"]))
def test_any_text_can_be_asked(archive: Archive, text: str) -> None:
    result = ask(archive, text)
    assert len({match.id for match in result.matches}) == len(result.matches)


def test_bad_rows_are_told_by_line_and_left_out(embedder: Embedder, tmp_path: Path) -> None:
    told: list[RowError] = []
    rows = [ROWS[0], {"id": "x"}, {"id": "y", "text": "z", "date": "tomorrow"}, ROWS[0] | {"text": "Second wording."}]
    archive = Archive.open(write(tmp_path / "a.jsonl", rows), embedder, report=told.append, cache=tmp_path)
    assert [row.text for row in archive.rows] == ["Second wording."]
    assert [str(error).split(":")[0] for error in told] == ["line 2", "line 3"]
    assert "text" in str(told[0])
    assert "date" in str(told[1])


def test_an_empty_archive_finds_nothing(embedder: Embedder, tmp_path: Path) -> None:
    archive = Archive.open(write(tmp_path / "a.jsonl", []), embedder, cache=tmp_path)
    assert ask(archive, FERRY).state is State.NONE
    assert ask(archive, FERRY).matches == ()


def test_a_missing_archive_is_an_os_error(embedder: Embedder, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Archive.open(tmp_path / "none.jsonl", embedder)


def test_only_new_texts_are_encoded(embedder: Embedder, tmp_path: Path) -> None:
    counting = CountingEmbedder(embedder.encoder, embedder.tokenizer, embedder.version)
    heard: list[tuple[int, int]] = []
    cache = VectorCache(counting, tmp_path)
    first = cache.encode(["a b c", "d e f", "a b c"], lambda done, wanted: heard.append((done, wanted)))
    assert (counting.encoded, heard) == (2, [(2, 2)])
    again = VectorCache(counting, tmp_path).encode(["d e f", "g h i", "a b c"])
    assert counting.encoded == 3
    np.testing.assert_array_equal(first[0], again[2])
    np.testing.assert_allclose(again, embedder.encode(["d e f", "g h i", "a b c"]), atol=1e-3)
    other = CountingEmbedder(embedder.encoder, embedder.tokenizer, "other")
    VectorCache(other, tmp_path).encode(["a b c"])
    assert other.encoded == 1


def test_a_broken_or_forbidden_cache_is_only_slower(embedder: Embedder, tmp_path: Path) -> None:
    cache = VectorCache(embedder, tmp_path)
    rows = cache.encode(["a b c"])
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    np.testing.assert_array_equal(cache.encode(["a b c"]), rows)
    path.unlink()
    np.testing.assert_array_equal(VectorCache(embedder, path / "x").encode(["a b c"]), rows)
    file = tmp_path / "file"
    file.write_text("")
    np.testing.assert_array_equal(VectorCache(embedder, file).encode(["a b c"]), rows)


def test_the_cache_lies_with_the_users_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_directory() == tmp_path / "hindsight"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_directory() == Path.home() / ".cache" / "hindsight"


def test_the_nearest_stand_first() -> None:
    cosines = np.random.default_rng(3).random(4 * CANDIDATES)
    assert nearest(cosines) == np.argsort(-cosines)[:CANDIDATES].tolist()
    assert nearest(np.array([0.1, 0.9, 0.5])) == [1, 2, 0]


def test_ranks_are_merged() -> None:
    assert fuse([[1, 2, 3], [2, 9]]) == [2, 1, 9, 3]
    assert fuse([[], []]) == []


@pytest.mark.parametrize(
    "address",
    [
        "http://WWW.Example.org:80/a/b/?utm_source=x&id=3&fbclid=abc#part",
        "https://m.example.org/a/b?id=3",
        "https://example.org/a/b/amp/?id=3",
    ],
)
def test_one_page_has_one_address(address: str) -> None:
    assert canonical_url(address) == "example.org/a/b?id=3"


@pytest.mark.parametrize("address", ["nothing", "ftp://example.org/a", "http://[::1", "", "https://"])
def test_what_is_no_address_has_none(address: str) -> None:
    assert canonical_url(address) is None


def test_links_are_found_once_and_in_order() -> None:
    text = (
        "see https://b.example.org/x?y=1, <https://a.example.org/a_(b)> and https://b.example.org/x?y=1. me@c.example"
    )
    assert find_links(text) == ["https://b.example.org/x?y=1", "https://a.example.org/a_(b)"]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"https?://[a-z.]{1,20}(/[^\s]{0,20})?", fullmatch=True))
def test_canonical_addresses_stay_as_they_are(text: str) -> None:
    address = canonical_url(text)
    if address is not None:
        assert canonical_url(f"https://{address}") in (address, None)
