"""A thread's messages and their readings → what each could give to a digest, and what that is worth."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.camps import aimed_at
from models.compress import sentences_of, tidy
from models.decency import coarse, repeatable
from models.excerpts import broken_off, excerpt, term_weights, terms
from models.labels import UNSURE
from models.language import foreign
from models.reader import Reading
from models.sentences import split_sentences
from models.sides import cancels
from models.text import clean

OFF_TOPIC = 0.4
REACTION = 0.6
REACTION_TERMS = 8
ADDS = 0.3
ENOUGH = 6
CLAIM = 0.4
ANSWERED = 0.5
"""What an excerpt gains with the logarithm of how many messages answer its own."""
SMALL_THREAD = 3
SHOT = "shot"
"""Kind of what only attacks a political side: never quoted, told neutrally or left out."""
FEWEST_TERMS = 3
FEWEST_WORDS = 5
"""Below these an excerpt only reacts; in a small thread two terms are enough."""

_WORTH = {"informative": 1.5, "skeptical": 1.0, "off-topic": -5.0}
_CLAIM_WORTH = 1.0
_RELAYS = re.compile(
    r"\b(?:reported|reportedly|reports?|according to|article|announced|statement|officials?|quoted)\b", re.IGNORECASE
)
_ANSWERS_NO = re.compile(
    r"\A(?:no[,.!](?=\s|\Z)|nope\b|nah\b|(?:wrong|false|incorrect|untrue|not true|fake)\b"
    r"|(?:that|this|it)(?:['’]?s| is| was) (?:not(?: exactly| quite| really| even)?(?: true| right| correct)?"
    r"|false|wrong|untrue|incorrect|fake|a lie|a hoax|a myth)\b)",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\b(?:debunked|disproved|hoax|not true|(?:is|was)n['’]?t true|no evidence(?! to the contrary| otherwise)"
    r"|never happened|is false|is a lie)\b",
    re.IGNORECASE,
)
# "Actually you are right", "No, exactly", "I thought it was a hoax": what stands beside a denial and takes it back.
_CONFIRMS = re.compile(
    r"(?<!not )(?<!n['’]t )(?<!the )\b(?:right(?! now)|true|correct|exactly|indeed|agreed?)\b"
    r"|\bconfirm\w*(?: (?:it|this|them|as much)\b|[.!]*\Z)|\b(?:if|whether|thought)\b",
    re.IGNORECASE,
)
_BARE_NO = re.compile(r"\A(no|nope|nah)[.!]+\s+(?=\S)", re.IGNORECASE)
_QUESTION_WORDS = terms(
    "what when where which whose that this these those there does have been will would could should anyone anybody "
    "someone somebody know tell please with from about into they them their your still just also really then than"
)
NEXT = 5
"""Messages after a question among which its answer is looked for, where it stands without being a reply."""
ANSWERS = 2
"""Terms of a question that such an answer must hold, or all where it has fewer."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Hold one message of a thread; `parent` is the id, or where there is none the text, of what it answers.

    `answered` is set where another member replies to it with a message that the thread does not hold.
    """

    id: str
    text: str
    author: str | None = None
    parent: str | None = None
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """Hold a discussion: the story's text, if there is one, and its messages in order."""

    id: str
    story: str | None
    messages: tuple[Utterance, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """Hold what could be quoted of a message, before it is known what the message does.

    `sentences` are its own; `parent` is the position of what it answers, `answers` how many messages answer it;
    `answered` says whether another member does, by a reply or by what follows.
    """

    message: Utterance
    position: int
    excerpt: str
    sentences: tuple[str, ...]
    parent: int | None
    answers: int
    answered: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """Hold what one message could give to a digest.

    `position` is its place in the thread; `excerpt` comes from its `sentences`; `value` says how much it is worth
    telling before its neighbours are known; `kind` is the section it would stand in, or `SHOT`; `denies` is the
    position of a message whose claim it denies.
    """

    id: str
    position: int
    excerpt: str
    sentences: tuple[str, ...]
    kind: str
    value: float
    denies: int | None = None

    @property
    def words(self) -> int:
        return len(self.excerpt.split())


def parents(thread: Thread) -> list[int | None]:
    """Return the position of the message that each message answers, or None."""
    positions = {message.text: index for index, message in reversed(list(enumerate(thread.messages)))}
    positions.update({message.id: index for index, message in enumerate(thread.messages)})
    found = [positions.get(message.parent) if message.parent else None for message in thread.messages]
    return [None if parent == index else parent for index, parent in enumerate(found)]


def drafts(thread: Thread, words: int) -> list[Draft]:
    """Return the messages that say something, in order, each with an excerpt of at most `words` words."""
    answers = parents(thread)
    counts = Counter(answers)
    sentences = [[s for s in sentences_of(message.text) if repeatable(s)] for message in thread.messages]
    weights = term_weights((" ".join(own) for own in sentences), thread.story)
    small = len(thread.messages) <= SMALL_THREAD
    found = []
    for position, (message, own) in enumerate(zip(thread.messages, sentences, strict=True)):
        text = excerpt(own, weights, words) or broken_off(own, words)
        if says_enough(text, small):
            answered = text.endswith("?") and _answered(thread.messages, answers, position)
            found.append(Draft(message, position, text, tuple(own), answers[position], counts[position], answered))
    return found


def _answered(messages: Sequence[Utterance], answers: Sequence[int | None], position: int) -> bool:
    """Say whether a question is answered: another member replies to it, or goes on with its words soon after."""
    question = messages[position]
    asker = question.author
    replies = (message for message, parent in zip(messages, answers, strict=True) if parent == position)
    if question.answered or any(asker is None or reply.author != asker for reply in replies):
        return True
    asked = terms(tidy(question.text)) - _QUESTION_WORDS
    following = (message for message in messages[position + 1 : position + 1 + NEXT] if not message.parent)
    others = (tidy(message.text) for message in following if message.author not in (None, asker))
    return bool(asked and asker) and any(
        len(asked & terms(text)) >= min(ANSWERS, len(asked)) and not text.endswith("?") for text in others
    )


def candidates(written: Sequence[Draft], readings: Mapping[str, Reading]) -> list[Candidate]:
    """Judge the drafts that have a reading, in order; off topic and other languages are left out.

    So are mere reactions, unless people do little else: then they are what was said.
    """
    read = {draft.position: readings[draft.message.id] for draft in written if draft.message.id in readings}
    found: list[Candidate] = []
    reactions: list[Candidate] = []
    for draft in written:
        reading = read.get(draft.position)
        if reading is not None and _belongs(draft.message, reading):
            kind, value = _kind(draft, reading), _value(draft, reading)
            denies = _denied(draft, reading, read.get(draft.parent) if draft.parent is not None else None)
            one = Candidate(draft.message.id, draft.position, draft.excerpt, draft.sentences, kind, value, denies)
            (reactions if _reacts(draft.excerpt, reading) else found).append(one)
    return found if len(found) >= ENOUGH else sorted(found + reactions, key=lambda one: one.position)


def _belongs(message: Utterance, reading: Reading) -> bool:
    if reading.scores["off-topic"] >= OFF_TOPIC:
        return False
    return not (reading.label == UNSURE and foreign(clean(message.text)))


def says_enough(text: str, small: bool = False) -> bool:
    """Say whether a text does more than react; in a small thread less is enough."""
    if small:
        return len(terms(text)) > 1
    return len(terms(text)) >= FEWEST_TERMS and len(text.split()) >= FEWEST_WORDS


def _denied(draft: Draft, reading: Reading, claim: Reading | None) -> int | None:
    """Return the position of the claim that a reply says is not so, or None."""
    if claim is None or claim.claim < CLAIM or reading.primary not in {"skeptical", "informative"}:
        return None
    opens = draft.excerpt.startswith(" ".join(draft.sentences[0].split()[:2]))
    return draft.parent if denied(draft.excerpt, opens) else None


def denied(text: str, opens: bool = True) -> bool:
    """Say whether a sentence of a reply says that what it answers is not so, and nothing in it takes that back.

    `opens` says whether the text begins where the reply does: "No" is an answer only there.
    """
    first, *others = split_sentences(_BARE_NO.sub(r"\1, ", text)) or [""]
    if opens and _ANSWERS_NO.match(first) and _stands(first):
        return True
    return any(_DENIES.search(sentence) and _stands(sentence) for sentence in (first, *others))


def _stands(denial: str) -> bool:
    """Say whether a denial neither asks, nor denies a denial, nor confirms something beside it."""
    rest = _DENIES.sub(" ", _ANSWERS_NO.sub(" ", denial))
    return not denial.endswith("?") and not cancels(denial) and not _CONFIRMS.search(rest)


def _reacts(text: str, reading: Reading) -> bool:
    """Say whether a short message surely only reacts or jokes: no label, nothing added, nothing doubted."""
    bare = reading.scores["none"] >= REACTION and max(reading.marks["informative"], reading.marks["skeptical"]) < ADDS
    return bare and len(terms(text)) < REACTION_TERMS


def _value(draft: Draft, reading: Reading) -> float:
    """Weigh an excerpt: how much it says, how likely a digest is to want what the message does, who answered it."""
    text = draft.excerpt
    says = math.log(1 + len(terms(text)))
    # Marks and scores come from two heads of the reader; their mean errs less than either.
    does = sum(weight * (reading.marks[mark] + reading.scores[mark]) / 2 for mark, weight in _WORTH.items())
    does += _CLAIM_WORTH * reading.claim
    manners = 0.3 * text.endswith("?") + 0.2 * text.endswith("!") + 0.5 * coarse(text)
    return says + does + ANSWERED * math.log1p(draft.answers) - manners


def _is_shot(text: str, reading: Reading) -> bool:
    """Say whether a partisan message only attacks: nothing added, nothing doubted, but insults or blame for a camp."""
    adds = max(reading.marks["informative"], reading.marks["skeptical"]) >= ADDS
    return not adds and (coarse(text) or aimed_at(text) is not None)


def _kind(draft: Draft, reading: Reading) -> str:
    label = reading.primary
    if label == "partisan" and _is_shot(draft.excerpt, reading):
        return SHOT
    if draft.excerpt.endswith("?") and not draft.answered and label in {"none", "off-topic"}:
        return "unanswered"
    if label == "informative":
        return "reported" if _RELAYS.search(draft.excerpt) else "fact"
    return "doubt" if label == "skeptical" else "position"
