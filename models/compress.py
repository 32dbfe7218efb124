"""Messages → short quotable sentences, by rules that take words away and never change what is said."""

import html
import re
import unicodedata

from models.sentences import split_sentences
from models.text import LONGEST, split_quote

_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_STRUCK = re.compile(r"~~.+?~~|\|\|.+?\|\|", re.DOTALL)
_GLUED_QUOTE = re.compile(r"(?:(?<=[.!?:])|^)\s*>+(?![>\s]*\d)\s*", re.MULTILINE)
_DISCORD = re.compile(r"<a?:\w{2,32}:\d{15,20}>|<#\d{15,20}>|<id:\w+>|</[\w -]+:\d{15,20}>|<t:-?\d+(?::\w)?>")
_MASKED_LINK = re.compile(r"\[([^\]\n]{1,300})\]\(<?https?://[^\s)>]+>?\)")
_LINK = re.compile(r"<?https?://[^\s>]+>?|<url>|\bwww\.\S+", re.IGNORECASE)
_MENTION = r"(?:<@[!&]?\d{15,20}>|(?<!\w)@[^\W\d]\w*+)"
_MENTIONS = re.compile(rf"{_MENTION}(?:\s+{_MENTION})*")
# "@ann says so" speaks of somebody, "@ann look" and "@ann is it so?" only to them.
_DOES = (
    r"(?:['’]s|and|or|(?:is|was|has|had|does|did|will|would|can|could|should|must|might|says?|said|thinks?|thought|claims?"
    r"|claimed|writes|wrote|posted|shared|linked|asks|asked|tells|told|knows|knew|wants|wanted|means|meant|believes"
    r"|believed|lies|lied|reports|reported|announced|confirmed|denies|denied|never|also|already|just)(?![^.!?\n]*\?))"
)
_CALLED = re.compile(rf"(?:^|(?<=[.!?]))\s*(?:{_MENTION}[ \t,:]*+)++(?!{_DOES}\b)", re.MULTILINE)
_CALLED_LAST = re.compile(rf"(?:,\s*|(?<=[.!?])\s+)(?:{_MENTION}[ \t]*+)++(?=[.!?]|$)", re.MULTILINE)
_MARKUP = re.compile(r"\*{1,3}|__|~~|\|\||`|^#{1,3} |^-# |^[-•*+] |\\(?=\W)", re.MULTILINE)
# "Thanks, Ann Lake, Ferry Office": from a farewell that a name follows, the rest is signature.
_SIGN_OFF = re.compile(
    r"(?:(?<=[.!?])\s+|^)(?i:(?:best |kind |many |warm )?(?:thanks|thank you|regards|wishes|cheers|sincerely|yours))"
    r"(?i: in advance| again| truly)?[,.!]?\s+-*\s*(?:[A-Z]\w*\.?\s+){0,3}[A-Z]\w*\.?(?:\s*$|\s+[A-Z\d].*)\Z",
    re.DOTALL,
)
_TAIL_TAGS = re.compile(r"(?:\s*#(?!\d)\w+)+\s*$")
_TAG = re.compile(r"#\w+")
_REVERSING_TAG = re.compile(
    r"#(?:not\w*|s|sarcas\w*|iron(?:y|ic)|jk|jok\w*|kidding|satire|fake\w*|false|hoax|lies?)\b", re.IGNORECASE
)
# Nothing that may be a figure: "83", "8/3", "x3" and "<3 km" are said, not smiled.
_EMOTICON = re.compile(
    r"(?<!\S)(?:[:;]['’]?-?[)(DPpOo/\\|]+|=[)(DP]+|[xX]-?D+|8-[)(D]|(?<!\d ):3(?=\s*$)|<3+(?=\s*(?:$|[.!?&]))"
    r"|\^\^|\^_\^|¯\\_\(ツ\)_/¯)(?!\S)",
    re.MULTILINE,
)
_SHOUT = re.compile(r"([!?])[!?]{2,}")
_DOTS = re.compile(r"\.{4,}")

_GREETING = (
    r"(?:hi|hello|hey|dear|good (?:morning|evening|afternoon))"
    r"(?: (?:all|everyone|everybody|someone|guys|folks|there|you all))?[,!.]"
)
_FILLER = (
    r"(?:well|so|ok|okay|oh|ah|um|uh|hmm+|look|listen|honestly|frankly|seriously|actually|basically|anyways?|also"
    r"|lol|lmao|rofl|ha(?:ha)+|wow|yeah|man|dude|bro|sorry|fwiw|imo|imho|tbh|ngl|in my (?:humble |honest )?opinion"
    r"|to be (?:honest|fair)|i mean|you know|just saying|for what it'?s worth),(?!\s*\d)"
)
# "I think so" and "I think of …" mean something; "I think that …" only says who speaks.
_HEDGE = (
    r"(?:personally,? )?i (?:really |also |personally )?(?:think|believe|guess|suppose|feel like|reckon)(?: that)?"
    r"(?=\s(?!so\b|not\b|it\.|of\b|about\b|in\b))"
)
# "So far", "so much for", "but for the ferry", "so is the ferry": there the first word carries what follows.
_JOINER = (
    r"(?:and|but|so)(?=\s(?!(?:far|much|many|few|little|long|that|what|for|is|are|was|were|be|do|does|did|has|have|had"
    r"|can|could|will|would|should)\b))"
)
_OPENING = re.compile(
    rf"^(?:{_GREETING}|{_FILLER}|{_HEDGE}|{_JOINER}|(?:lol|lmao|haha+|imo|imho|tbh)(?=\s))\s*", re.IGNORECASE
)
_CLOSING = re.compile(
    r"(?:[\s,;–-]+(?:lol|lmao|rofl|ha(?:ha)+|smh|imo|imho|tbh|ngl|fwiw|just saying|eh|huh)"
    r"|[,;–-]\s*(?:you know|man|dude|bro|folks|guys|thanks|thank you))+(?=[.!?…]*$)",
    re.IGNORECASE,
)

# Words after which the rest of a sentence turns, limits or carries what stands before it.
_TURNS = re.compile(
    r"(?:but|except|unless|if|until|till|though|although|however|yet|not|never|nor|or|without|rather|instead|only"
    r"|than|that|because|when|whereas|while|despite|provided|according|allegedly|supposedly|said|says|claims?|to"
    r"|i (?:think|guess|hope|doubt|wonder))\b",
    re.IGNORECASE,
)
_NEEDS_REST = re.compile(
    r"^(?:if|when|unless|although|though|while|whereas|since|because|despite|even|as|once|until|before|after|given"
    r"|had|were|should)\b|\b(?:not only|either|neither|whether|so|such|more|less|both)\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\s*(?:\(([^()]{4,200})\)|\[([^\[\]]{1,200})\])")
REVERSES = re.compile(
    r"(?<!\w)/(?:s|j|jk|sarcasm)\b|\b(?:not?|nope|nah|never|none|nobody|nor|neither|cannot|hardly|if|unless|except|only|but"
    r"|however|un(?!der|til|it|ion|iver|iqu|cle)\w+|false\w*|fake\w*|hoax\w*|wrong\w*|myths?|lie[sd]?|liars?|lying"
    r"|jok(?:es?|ing)|jk|kidding|sarcas\w*|iron(?:y|ic|ically)|satir\w*|withdr[ae]w\w*|retract\w*|alleg\w*|suppos\w*"
    r"|rumou?r\w*|claim\w*|den(?:y|ies|ied)|debunk\w*|refut\w*|disput\w*|doubt\w*)\b|n['’]t\b",
    re.IGNORECASE,
)
"""What may turn round, limit or take back what stands before it."""
_CLAUSE = re.compile(r"(?:;|:|\s[–—-]+|—|,)\s+|\s+(?=and\s)|\.{3}\s*|…\s*")
SHORTEST_HEAD = 6


def tidy(text: str) -> str:
    """Return a message's own words without quoted lines, links, names, markup and emoji; lines stay lines.

    What is struck out or hidden is left out; who is mentioned becomes "someone".
    """
    own, _ = split_quote(text[:LONGEST])
    text = _SIGN_OFF.sub("", html.unescape(own))
    text = _GLUED_QUOTE.sub("\n", shown(_FENCE.sub(" ", text)))
    text = _MASKED_LINK.sub(r"\1", text)
    for pattern in (_DISCORD, _LINK):
        text = pattern.sub(" ", text)
    text = _unnamed(text)
    for pattern in (_MARKUP, _EMOTICON):
        text = pattern.sub(" ", text)
    text = "".join(_visible(character) for character in unicodedata.normalize("NFC", text))
    text = _DOTS.sub("...", _SHOUT.sub(r"\1", text))
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.split())


def shown(text: str) -> str:
    """Return a text without what is struck out or hidden as a spoiler."""
    return _STRUCK.sub(" ", text)


def sentences_of(text: str) -> list[str]:
    """Cut a message into tidy sentences of at least one word, greetings and fillers taken off.

    A sentence under "#not" or the like is left out, and so is a last one that breaks off ("…") where others remain,
    unless it takes something back.
    """
    sentences: list[str] = []
    for sentence in split_sentences(tidy(text)):
        if not _REVERSING_TAG.search(sentence):
            sentences.append(trim(sentence))
        elif not _has_words(_TAG.sub("", sentence)):
            del sentences[-1:]
    sentences = [sentence for sentence in sentences if _has_words(sentence)]
    broken = len(sentences) > 1 and sentences[-1].endswith("…") and not REVERSES.search(sentences[-1])
    return sentences[:-1] if broken else sentences


def trim(sentence: str) -> str:
    """Take greetings, fillers, "I think" and closing tags off a sentence; what remains begins with a capital."""
    before = ""
    while before != sentence:
        before = sentence
        sentence = _CLOSING.sub("", _OPENING.sub("", _TAIL_TAGS.sub("", sentence), count=1)).strip(" ,;–-")
    capital = sentence[:1].upper()
    return capital + sentence[1:] if len(capital) == 1 else sentence


def shorten(sentence: str, words: int) -> str | None:
    """Cut a sentence to at most `words` words where that leaves its meaning whole; None where it cannot.

    Asides in brackets go first, then clauses from the end, but nothing that may take the rest back; a cut is marked
    with "…".
    """
    if len(sentence.split()) <= words:
        return sentence
    sentence = _ASIDE.sub(lambda aside: aside[0] if REVERSES.search(aside[0]) else "", sentence)
    if len(sentence.split()) <= words:
        return sentence
    best = None
    for boundary in _CLAUSE.finditer(sentence):
        head = sentence[: boundary.start()]
        size = len(head.split())
        if size > words:
            break
        tail = sentence[boundary.end() :]
        if size >= SHORTEST_HEAD and not _TURNS.match(tail) and not REVERSES.search(tail) and _stands_alone(head):
            best = head
    return f"{best.rstrip(' ,;:–—-.…')}…" if best else None


def _stands_alone(head: str) -> bool:
    """Say whether a sentence's beginning is whole by itself: no open quotation or bracket, no promise of more."""
    paired = all(head.count(left) == head.count(right) for left, right in ("()", "[]", "“”", "«»"))
    return paired and head.count('"') % 2 == 0 and not _NEEDS_REST.search(head)


def _has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _unnamed(text: str) -> str:
    """Take out whom a text only speaks to; whom it speaks of becomes "someone"."""
    text = _CALLED_LAST.sub("", _CALLED.sub(" ", text))
    return _MENTIONS.sub(lambda found: "everyone" if found[0] in {"@everyone", "@here"} else "someone", text)


def _visible(character: str) -> str:
    """Drop emoji and what cannot be seen; keep letters, marks of writing, punctuation and line breaks."""
    if character.isascii():
        return character if character.isprintable() or character == "\n" else " "
    category = unicodedata.category(character)
    if category in {"So", "Sk", "Cc", "Cf", "Co", "Cs", "Cn"} or character == "\ufe0f":
        return " "
    return " " if category in {"Zs", "Zl", "Zp"} else character
