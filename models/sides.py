"""Which side of a matter texts are on: what denies, what backs what is told, and what cannot both be right."""

import re
from collections.abc import Iterator

from models.entities import dates, disagree, numbers
from models.excerpts import terms
from models.sentences import split_sentences

_NOT = r"\b(?:not|no|never|nor|none|nobody|nothing|without|cannot|neither|\w+n['’]t)\b(?! only| less| more than)"
_UNTRUE = (
    r"\b(?:false|fake|hoax|myths?|untrue|(?<!the )wrong|incorrect|lies?|lied|den(?:y|ies|ied|ying)|debunk\w*|refut\w*"
    r"|disprov\w*|disput\w*|doubt\w*|s[ck]eptic\w*|unlikely|question(?:s|ed)?|refus(?:es|ed|al))\b"
)
# "Nobody has debunked it", "this is not a lie", "no evidence against it": two denials that leave none.
_CANCELLED = re.compile(rf"{_NOT}(?: [\w'’]+){{0,4}} (?:{_UNTRUE}|against\b)", re.IGNORECASE)
_DENIES = re.compile(rf"{_NOT}|{_UNTRUE}", re.IGNORECASE)
# "No, it stands": the answer denies something, the sentence does not.
_ANSWER = re.compile(r"\A\W*(?:no|nope|nah)[,.!;:]+\s+", re.IGNORECASE)
# "Not until May" is no denial of "in May".
_LIMITS = re.compile(r"\b(?:until|till|unless|if|only|but|except|whether)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_PREFIXES = ("un", "in", "im", "il", "ir", "dis")
_OPPOSITES = (
    ("open", "closed"),
    ("opens", "closes"),
    ("safe", "dangerous"),
    ("true", "false"),
    ("right", "wrong"),
    ("more", "less"),
    ("more", "fewer"),
    ("higher", "lower"),
    ("rise", "fall"),
    ("rose", "fell"),
    ("increase", "decrease"),
    ("increased", "decreased"),
    ("up", "down"),
    ("won", "lost"),
    ("guilty", "innocent"),
    ("support", "oppose"),
    ("supports", "opposes"),
    ("for", "against"),
    ("before", "after"),
    ("alive", "dead"),
    ("always", "never"),
    ("confirmed", "denied"),
    ("approved", "rejected"),
    ("cheap", "expensive"),
    ("early", "late"),
)
SHORTEST_STEM = 4
LIKE = 0.75
"""Share of the shorter sentence's terms that the other must hold for both to speak of the same."""
ALIKE, FEWEST_ALIKE = 0.6, 2
"""Share of all terms, and how many, that two sentences must share for one to dispute the other."""


def cancels(text: str) -> bool:
    """Say whether a text denies a denial ("This is not a lie")."""
    return bool(_CANCELLED.search(text))


def denies(text: str) -> bool:
    """Say whether a sentence denies or doubts something, by its words; a denied denial is none."""
    return bool(_DENIES.search(_CANCELLED.sub(" ", _ANSWER.sub("", text))))


def agree(left: str, right: str) -> bool:
    """Say whether two texts of like meaning are on one side: both deny or neither does, and nothing is opposed."""
    return _any_denies(left) == _any_denies(right) and not opposed(left, right)


def backs(text: str, told: str) -> bool:
    """Say whether a text of like meaning says what is told, with all its figures and dates; a question says nothing."""
    if text.endswith("?") != told.endswith("?"):
        return False
    return agree(text, told) and numbers(told) <= numbers(text) and dates(told) <= dates(text)


def opposed(left: str, right: str) -> bool:
    """Say whether texts of like meaning differ in figures or dates, or like sentences in a denial or opposite words."""
    if _figures_differ(left, right):
        return True
    others = [(other, terms(other), denies(other)) for other in split_sentences(right)]
    for one in split_sentences(left):
        own, denied = terms(one), denies(one)
        for other, theirs, other_denied in others:
            if not own & theirs:
                continue
            opposites = _opposites(one, other)
            shared = (own & theirs) - opposites
            shortest = min(len(own - opposites), len(theirs - opposites))
            if shared and len(shared) >= LIKE * shortest and (opposites or denied != other_denied):
                return True
    return False


def disputes(denial: str, claim: str) -> bool:
    """Say whether a sentence of `denial` plainly denies one of `claim`: the same words, but for the denial."""
    return any(_plainly_denies(one, other) for one, other in _pairs(denial, claim))


def _plainly_denies(denial: str, claim: str) -> bool:
    own, theirs = terms(denial), terms(claim)
    shared = len(own & theirs)
    if shared < FEWEST_ALIKE or shared < ALIKE * len(own | theirs) or denies(claim) or not denies(denial):
        return False
    limited = any(text.endswith("?") or _LIMITS.search(text) for text in (denial, claim))
    return not limited and not _figures_differ(denial, claim)


def _figures_differ(left: str, right: str) -> bool:
    return any(disagree(find(left), find(right)) for find in (numbers, dates))


def _pairs(left: str, right: str) -> Iterator[tuple[str, str]]:
    others = split_sentences(right)
    return ((one, other) for one in split_sentences(left) for other in others)


def _any_denies(text: str) -> bool:
    return any(map(denies, split_sentences(text)))


def _opposites(left: str, right: str) -> set[str]:
    """Return the terms of two sentences that are each other's opposites ("safe", "unsafe"), each in one of them."""
    here, there = ({word.lower() for word in _WORD.findall(side)} for side in (left, right))
    mine, yours = here - there, there - here
    found = {word for pair in _OPPOSITES if _parted(pair, mine, yours) for word in pair}
    for words, others in ((mine, yours), (yours, mine)):
        for prefixed in others:
            word = next((prefixed.removeprefix(each) for each in _PREFIXES if prefixed.startswith(each)), "")
            if len(word) >= SHORTEST_STEM and word in words:
                found.update([word, prefixed])
    return {term for word in found for term in (word, *terms(word))}


def _parted(pair: tuple[str, str], mine: set[str], yours: set[str]) -> bool:
    first, second = pair
    return (first in mine and second in yours) or (first in yours and second in mine)
