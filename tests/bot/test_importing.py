"""Imports: every kind of file by its content, bad rows told by place and field, nothing lost and nothing doubled."""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from bot.errors import InUse, RowError, StoreError
from bot.importing import Imported, Told, encode, import_fact_checks, import_file
from bot.importing_reviews import LONGEST_URL, reviews_in, to_fact_check
from bot.importing_rows import Format, objects, recognise
from bot.links import in_markup, shared_pages
from bot.lock import hold
from bot.records import FactCheck
from bot.settings import Settings
from bot.store import Store, open_store
from bot.store.upgrade import revision, upgrade
from bot.store.vault import new_vault
from tests.tiny import TinyEmbedder

REVIEW = {
    "@context": "https://schema.org",
    "@type": "ClaimReview",
    "claimReviewed": "The ferry to Tessel sank.",
    "url": "https://www.facts.example/ferry/?utm_source=feed",
    "author": {"@type": "Organization", "name": "Sound Facts", "url": "https://facts.example"},
    "reviewRating": {"@type": "Rating", "ratingValue": 1, "bestRating": 5, "alternateName": "False"},
    "datePublished": "2024-05-01T08:00:00Z",
    "headline": "No, the ferry did not sink",
}
FERRY = FactCheck(
    0,
    "facts.example/ferry",
    "The ferry to Tessel sank.",
    "No, the ferry did not sink",
    "Sound Facts",
    "False",
    "https://www.facts.example/ferry/?utm_source=feed",
    date(2024, 5, 1),
)
PLAIN = {
    "claim": FERRY.claim,
    "rating": "False",
    "url": FERRY.url,
    "publisher": "Sound Facts",
    "title": FERRY.title,
    "date": "2024-05-01",
}
CAKE = {"text": "Cake cures colds.", "label": "Refuted", "url": "https://facts.example/cake", "id": "c1"}
FEED = {
    "@context": "https://schema.org",
    "@type": "DataFeed",
    "dateModified": "2024-06-01",
    "dataFeedElement": [
        {"@type": "DataFeedItem", "dateCreated": "2024-05-01", "item": [REVIEW]},
        {"@type": "DataFeedItem", "item": None},
    ],
}
GRAPH = {"@graph": [{"@type": "WebPage", "name": "a page"}, {**REVIEW, "@type": ["ClaimReview"]}]}


def table(rows: Iterable[dict], delimiter: str = ",", columns: Iterable[str] = tuple(PLAIN)) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def lines(*rows: object) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def found_in(content: bytes) -> list[FactCheck]:
    file = io.BytesIO(content)
    placed = list(objects(file, recognise(file)))
    assert not [each.problem for each in placed if each.problem]
    return [to_fact_check(value, each.where) for each in placed for value in reviews_in(each.value)]


KINDS = {
    "feed": json.dumps(FEED).encode(),
    "feed on many lines": json.dumps(FEED, indent=2).encode(),
    "graph": json.dumps(GRAPH).encode(),
    "one review": json.dumps(REVIEW).encode(),
    "one review on many lines": json.dumps(REVIEW, indent=1).encode(),
    "list": json.dumps([REVIEW]).encode(),
    "list in a list": json.dumps([[REVIEW], []]).encode(),
    "lines of reviews": lines(REVIEW),
    "plain lines": lines(PLAIN),
    "commas": table([PLAIN]),
    "semicolons": table([PLAIN], ";"),
    "tabs": table([PLAIN], "\t"),
    "byte order mark": b"\xef\xbb\xbf" + table([PLAIN]),
    "byte order mark in JSON": b"\xef\xbb\xbf" + json.dumps(FEED).encode(),
}


@pytest.mark.parametrize("content", KINDS.values(), ids=KINDS)
def test_every_kind_of_file_is_known_by_its_content(content: bytes) -> None:
    assert found_in(content) == [FERRY]


@pytest.mark.parametrize("content", [b"", b" \n\n", b"hello there", b"a,b\n1,2\n", b"{broken", b"\x00\xff\x00"])
def test_what_is_none_of_them_is_refused(content: bytes) -> None:
    with pytest.raises(RowError):
        recognise(io.BytesIO(content))


def test_export_is_told_from_fact_checks() -> None:
    export = {"guild": {"id": "1"}, "channel": {"id": "2"}, "messages": []}
    for content in (json.dumps(export), json.dumps(export, indent=2)):
        assert recognise(io.BytesIO(content.encode())).format is Format.EXPORT


def test_fields_may_have_the_names_that_people_give_them() -> None:
    (cake,) = found_in(lines(CAKE))
    assert (cake.claim, cake.rating, cake.publisher, cake.published) == (
        "Cake cures colds.",
        "Refuted",
        "facts.example",
        None,
    )
    named = ["ClaimReviewed", "Textual Rating", "Link", "Review-Date"]
    row = dict(zip(named, ["A.", "False", "https://a.example/x", "2024-05-01"], strict=True))
    assert found_in(table([row], columns=named))[0].claim == "A."


def test_copy_in_the_internet_archive_is_the_same_page() -> None:
    url = "https://web.archive.org/web/20210526202243/https://facts.example/cake"
    (cake,) = found_in(lines({**CAKE, "url": url}))
    assert (cake.page, cake.publisher, cake.url) == ("facts.example/cake", "facts.example", url)


def test_rating_without_words_is_told_in_numbers() -> None:
    numbers = {**REVIEW, "reviewRating": {"ratingValue": "2", "bestRating": 5}}
    assert found_in(lines(numbers))[0].rating == "2 of 5"


def without(row: dict, name: str) -> dict:
    return {key: value for key, value in row.items() if key != name}


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (without(PLAIN, "claim"), "'claim'"),
        (without(PLAIN, "rating"), "'rating'"),
        (without(PLAIN, "url"), "'url'"),
        ({**PLAIN, "claim": "  "}, "'claim'"),
        ({**PLAIN, "claim": "x" * 5000}, "'claim'"),
        ({**PLAIN, "claim": "\ud800"}, "'claim'"),
        ({**PLAIN, "url": "javascript:alert(1)"}, "'url'"),
        ({**PLAIN, "url": "https://a.example/" + "(" * LONGEST_URL}, "'url'"),
        ({**PLAIN, "date": "yesterday"}, "'date'"),
        ({**PLAIN, "rating": {"a": 1}}, "'rating'"),
        (without(REVIEW, "claimReviewed"), "'claimReviewed'"),
        (without(REVIEW, "reviewRating"), "'reviewRating'"),
        ({**REVIEW, "reviewRating": {}}, "'reviewRating.alternateName'"),
        ({**REVIEW, "datePublished": "soon"}, "'datePublished'"),
        (7, "must be an object"),
    ],
)
def test_bad_row_is_named_by_field(row: object, field: str) -> None:
    with pytest.raises(RowError, match=r"line 9") as error:
        to_fact_check(row, "line 9")
    assert field in str(error.value)


def test_address_cannot_break_out_of_a_link() -> None:
    (cake,) = found_in(lines({**CAKE, "url": "https://facts.example/a_(b)<c>[d] e"}))
    assert in_markup(cake.url) == "https://facts.example/a_%28b%29%3Cc%3E%5Bd%5De"


def test_address_with_marks_is_the_page_that_people_share() -> None:
    (cake,) = found_in(lines({**CAKE, "url": "https://facts.example/a_(b)"}))
    assert (cake.page,) == shared_pages("see https://www.facts.example/a_(b)#top")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*REVIEW, *PLAIN, "item", "@graph", "ratingValue", "@value"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_any_value_is_a_fact_check_or_a_named_error(value: object) -> None:
    for each in reviews_in(value):
        try:
            found = to_fact_check(each, "line 1")
        except RowError:
            continue
        assert found.url.startswith("http")
        assert all((found.page, found.claim, found.publisher, found.rating))


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200)
    | st.builds(lambda kind, cut: kind[:cut], st.sampled_from([*KINDS.values()]), st.integers(0, 600))
)
def test_any_file_is_read_or_refused(content: bytes) -> None:
    file = io.BytesIO(content)
    try:
        shape = recognise(file)
    except RowError:
        return
    for placed in objects(file, shape):
        assert placed.where


# ------------------------------------------------------------------------- into the archive


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "a.sqlite", new_vault()) as opened:
        yield opened


async def take(store: Store, content: bytes) -> tuple[Imported, str]:
    """Import a file; give what it came to and what was told."""
    told, file = io.StringIO(), io.BytesIO(content)
    imported = await import_fact_checks(file, recognise(file), store, Told("f", Console(file=told, width=300)))
    return imported, told.getvalue()


async def test_import_again_changes_nothing(store: Store) -> None:
    content = lines(PLAIN, CAKE, {**CAKE, "text": "Cake cures flu."})
    assert (await take(store, content))[0] == Imported(3, 3, 0, 0)
    assert (await take(store, content))[0] == Imported(3, 0, 0, 0)
    assert (await take(store, KINDS["feed"]))[0] == Imported(1, 0, 0, 0)
    assert await store.archive.count() == 3


async def test_bad_rows_are_told_and_left_out(store: Store) -> None:
    content = b"\n".join(
        [lines(PLAIN), b"{not json", b"", lines(without(CAKE, "label")), b'{"x": "\xff"}', lines(CAKE)]
    )
    imported, told = await take(store, content)
    assert imported == Imported(2, 2, 0, 3)
    assert [line.split(": ")[:2] for line in told.splitlines()] == [["f", "line 2"], ["f", "line 4"], ["f", "line 5"]]
    assert "field 'rating': is missing; add it" in told
    assert "not UTF-8" in told


async def test_bad_cells_of_a_table_are_told_by_line(store: Store) -> None:
    rows = [PLAIN, {**PLAIN, "url": "nowhere"}, {**PLAIN, "claim": 'two\nlines, "quoted"'}, {**PLAIN, "rating": ""}]
    imported, told = await take(store, table(rows) + b"one,two,three,four,five,six,seven\n")
    assert (imported.read, imported.bad) == (2, 3)
    assert [line.split(": ")[1] for line in told.splitlines()] == ["line 3", "line 6", "line 7"]


async def test_page_that_says_less_than_before_loses_what_it_no_longer_says(store: Store) -> None:
    await take(store, lines(PLAIN, CAKE, {**CAKE, "text": "Cake cures flu."}))
    broken = lines({**CAKE, "text": "Cake cures all."}) + b"\n{"
    assert (await take(store, broken))[0] == Imported(1, 1, 0, 1)  # a malformed file loses nothing
    assert (await take(store, lines({**CAKE, "text": "Cake cures all."})))[0] == Imported(1, 0, 2, 0)
    assert {each.claim for each in (await store.archive.get(range(9))).values()} == {FERRY.claim, "Cake cures all."}


async def test_broken_feed_keeps_what_was_read(store: Store) -> None:
    items = [{"item": [{**REVIEW, "url": f"https://facts.example/{number}"}]} for number in range(900)]
    whole = json.dumps({"dataFeedElement": items}).encode()
    imported, told = await take(store, whole[: len(whole) * 2 // 3])
    assert 500 <= imported.read < 700
    assert imported.bad == 1
    assert "the JSON is broken" in told
    assert await store.archive.count() == imported.read


async def test_import_is_encoded(store: Store) -> None:
    await take(store, lines(PLAIN, CAKE))
    await encode(store, TinyEmbedder())
    assert len((await store.archive.vectors(TinyEmbedder.version))[0]) == 2


def test_command_ends_with_one_when_something_was_bad(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "checks.jsonl"
    where = Settings(_env_file=None, data_dir=tmp_path / "data")
    file.write_bytes(lines(PLAIN, {"claim": "x"}))
    assert import_file(file, where) == 1
    said = capsys.readouterr()
    assert "1 fact-checks read, 1 of them new, 1 bad rows" in " ".join(said.out.split())
    assert "checks.jsonl: line 2: field 'rating': is missing" in said.err
    file.write_bytes(lines(PLAIN))
    assert import_file(file, where) == 0
    file.write_text("nothing known")
    assert import_file(file, where) == 1
    assert "is none of the files that I read" in capsys.readouterr().err


def test_import_beside_a_running_bot_leaves_its_tables_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.embedder.Embedder.from_pretrained", TinyEmbedder)
    file = tmp_path / "checks.jsonl"
    file.write_bytes(lines(PLAIN))
    where = Settings(_env_file=None, data_dir=tmp_path / "data")
    upgrade(where.database, "0001")
    with hold(where.database):
        with pytest.raises(StoreError, match=r"another version of the bot \(0001\)"):
            import_file(file, where)
        assert revision(where.database) == "0001"
        upgrade(where.database)
        assert import_file(file, where) == 0


def test_no_bot_starts_amid_an_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = Settings(_env_file=None, data_dir=tmp_path / "data")

    def load() -> TinyEmbedder:
        with pytest.raises(InUse), hold(where.database):
            pass
        return TinyEmbedder()

    monkeypatch.setattr("models.embedder.Embedder.from_pretrained", load)
    file = tmp_path / "checks.jsonl"
    file.write_bytes(lines(PLAIN))
    assert import_file(file, where) == 0


SAMPLE = Path(__file__).parents[2] / "../shared/data/claims/checkworthy/averitec_dev_claims.jsonl"


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample lies beside the checkout")
async def test_sample_of_real_fact_checks_is_read_whole(store: Store) -> None:
    imported, told = await take(store, SAMPLE.read_bytes())
    assert (imported.read, imported.bad, told) == (500, 0, "")
