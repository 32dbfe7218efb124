"""A discussion → a digest: what may be quoted, which sentences stand in which section, and the check of each.

No sentence gets past `assemble` unless it cites messages that were read, and unless one of them holds the words
that it puts in quotation marks.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.discussion import Discussion, Scope
from bot.records import Post
from bot.store.digests import Source
from bot.writer import Wording
from models.compress import shown, tidy
from models.decency import coarse, repeatable
from models.language import foreign
from models.reader import Passage, Reading
from models.summarizer import SECTIONS, Sentence, Thread, Utterance
from models.text import LINK, clean, readable

FEW = 3  # messages up to which a digest is one line
MOST_CITED = 12  # citations of one sentence
SUPPORTED = 0.8  # share of a quotation's words that a cited message must hold
WORDS = ((FEW, 40), (12, 100), (60, 120), (150, 170))  # (messages, words of their digest)
MOST_WORDS = 220

_QUOTED = re.compile(r"“([^”]*)”")
_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Material:
    """Hold the messages that can be condensed, and count the others."""

    posts: tuple[Post, ...]
    foreign: int = 0
    wordless: int = 0


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Count messages that a digest does not speak of: their writers opted out, or nothing in them can be read."""

    opted_out: int = 0
    foreign: int = 0
    wordless: int = 0


@dataclass(frozen=True, slots=True)
class Point:
    """Hold one sentence and the ids of the messages that say it, in the order in which they were said."""

    text: str
    cites: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Hold the sentences of one kind (a key of `SECTIONS`)."""

    kind: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """Hold a checked digest; every id in it is a key of `sources`.

    `read` counts the messages condensed and `span` holds the times of the first and the last; `course` says when which
    label was read, where one was; `wording` what a writer did to it. `edits` counts the edits seen before it was begun.
    The headline has no text where the story is a link alone.
    """

    scope: Scope
    guild_id: int
    headline: Point | None
    sections: tuple[Section, ...]
    sources: Mapping[int, Source]
    read: int
    left_out: LeftOut = LeftOut()
    cut: bool = False
    course: tuple[tuple[datetime, str], ...] = ()
    span: tuple[datetime, datetime] | None = None
    wording: Wording | None = None
    edits: int = 0

    @property
    def points(self) -> tuple[Point, ...]:
        return tuple(point for section in self.sections for point in section.points)

    def cited(self) -> dict[int, Source]:
        """Give every message that is shown or cited."""
        shown = (*self.points, *([self.headline] if self.headline else []))
        return {message_id: self.sources[message_id] for point in shown for message_id in point.cites}

    def without(self, gone: Collection[int]) -> "Digest":
        """Give the digest without all sentences that cite one of these messages."""
        return self._keep(lambda message_id: message_id not in gone)

    def within(self, channels: Collection[int]) -> "Digest":
        """Give the digest with only those sentences whose messages stand in these channels."""
        return self._keep(lambda message_id: self.sources[message_id].channel_id in channels)

    def _keep(self, stays: Callable[[int], bool]) -> "Digest":
        sections = (
            replace(section, points=tuple(point for point in section.points if all(map(stays, point.cites))))
            for section in self.sections
        )
        headline = self.headline if self.headline and all(map(stays, self.headline.cites)) else None
        return replace(self, headline=headline, sections=tuple(each for each in sections if each.points))


def sort_out(posts: Iterable[Post]) -> Material:
    """Set aside messages without words and those that are surely not English; slow, so off the event loop."""
    kept, strange, wordless = [], 0, 0
    for post in posts:
        text = clean(said(post))
        if not _has_words(text):
            wordless += 1
        elif foreign(text):
            strange += 1
        else:
            kept.append(post)
    return Material(tuple(kept), strange, wordless)


def said(post: Post) -> str:
    """Give the words that a digest may quote of a post: those of its writer, else of what it shares."""
    own = post.by_person and not post.forwarded and _has_words(clean(post.text))
    return post.text if own else post.full_text


def passages(discussion: Discussion, posts: Sequence[Post]) -> list[Passage]:
    """Give posts as the reader sees them, under their story and after what they answer."""
    story = discussion.story.full_text if discussion.story else None
    texts = {post.id: post.full_text for post in discussion.posts}
    return [Passage(post.full_text, story, texts.get(post.reply_to or 0)) for post in posts]


def thread(discussion: Discussion, material: Material) -> Thread:
    """Give a discussion as the summarizer sees it; it learns who speaks only as a number."""
    writers: dict[int, str] = {}
    messages = tuple(
        Utterance(
            str(post.id),
            said(post),
            writers.setdefault(post.author_id, str(len(writers))),
            str(post.reply_to) if post.reply_to else None,
            post.id in discussion.answered,
        )
        for post in material.posts
    )
    story = discussion.story.full_text if discussion.story else None
    return Thread(str(discussion.scope), story, messages)


def words_for(messages: int) -> int:
    """Say how long a digest of so many messages is."""
    return next((words for most, words in WORDS if messages <= most), MOST_WORDS)


def assemble(
    discussion: Discussion, material: Material, readings: Mapping[int, Reading], sentences: Iterable[Sentence]
) -> Digest:
    """Check the sentences and put them into their sections."""
    posts = {post.id: post for post in material.posts}
    order = {post.id: place for place, post in enumerate(material.posts)}
    found: dict[str, dict[str, tuple[int, ...]]] = {kind: {} for kind in SECTIONS}
    for sentence in sentences:
        cites = _checked(sentence, posts)
        if cites and sentence.kind in found:
            found[sentence.kind].setdefault(sentence.text, tuple(sorted(cites, key=order.__getitem__)))
    sections = tuple(
        Section(kind, tuple(Point(text, cites) for text, cites in points.items()))
        for kind, points in found.items()
        if points
    )
    headline = _headline(discussion.story)
    known = (*material.posts, *([discussion.story] if discussion.story else []))
    return Digest(
        discussion.scope,
        discussion.guild_id,
        headline,
        sections,
        {post.id: Source(post.channel_id, post.author_id) for post in known},
        len(material.posts),
        LeftOut(discussion.left_out, material.foreign, material.wordless),
        discussion.cut,
        tuple((post.created_at, readings[post.id].label) for post in material.posts if post.id in readings),
        (material.posts[0].created_at, material.posts[-1].created_at) if material.posts else None,
    )


def supported(quotation: str, text: str) -> bool:
    """Say whether a message holds the words of a quotation, whatever their markup and whomever they name."""
    quoted = _words(quotation)
    own = {*_words(text), *_words(tidy(text))}
    return not quoted or sum(word in own for word in quoted) >= SUPPORTED * len(quoted)


def _has_words(text: str) -> bool:
    return readable(text) and re.search(r"[^\W\d_]{2}", text.replace(LINK, "")) is not None


def _checked(sentence: Sentence, posts: Mapping[int, Post]) -> tuple[int, ...]:
    """Give the messages that a sentence may cite; none when it says what they do not."""
    cites = [int(each) for each in dict.fromkeys(sentence.cites) if each.isdecimal() and int(each) in posts]
    if not cites or len(cites) < len(set(sentence.cites)):
        return ()
    holders = []
    for quotation in _QUOTED.findall(sentence.text):
        holder = next((each for each in cites if supported(quotation, said(posts[each]))), None)
        if holder is None:
            return ()
        holders.append(holder)
    return tuple(dict.fromkeys((*holders, *cites)))[:MOST_CITED]


def _headline(story: Post | None) -> Point | None:
    """Give the story's first line; without words where a digest would not repeat them."""
    if story is None:
        return None
    text = shown(story.text)
    # The embed of a link in a spoiler is hidden as well.
    hidden = _ADDRESS.search(story.text) and not _ADDRESS.search(text)
    told = text if hidden else shown(story.headline) or text
    lines = (_ADDRESS.sub(" ", line).strip() for line in told.splitlines())
    first = next((line for line in lines if line), "")
    return Point(first if repeatable(first) and not coarse(first) else "", (story.id,))


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", html.unescape(text)).lower())
