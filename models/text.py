"""Chat text → plain words: what Discord's markup means is kept, how it is written is not."""

import html
import re
import unicodedata
from datetime import UTC, datetime

LONGEST = 10_000
LINK = "http"

_FENCE = re.compile(r"```(?:[a-zA-Z0-9+#-]{1,20}\n)?(.*?)(?:```|\Z)", re.DOTALL)
_CUSTOM_EMOJI = re.compile(r"<a?:(\w{2,32}):\d{15,20}>")
_MENTION = re.compile(r"<@[!&]?\d{15,20}>|@(?:everyone|here)\b|(?<!\w)@user\d*")
_CHANNEL = re.compile(r"<#\d{15,20}>|<id:\w+>|</[\w -]+:\d{15,20}>")
_TIMESTAMP = re.compile(r"<t:(-?\d{1,13})(?::[tTdDfFR])?>")
_MASKED_LINK = re.compile(r"\[([^\]\n]{1,300})\]\(<?https?://[^\s)>]+>?\)")
_LINK = re.compile(r"<?https?://[^\s>]+>?|<url>|\bwww\.\S+", re.IGNORECASE)
_MARKUP = re.compile(r"\*{1,3}|__|~~|\|\||`|^#{1,3} |^-# ", re.MULTILINE)
_RUN = re.compile(r"(.)\1{3,}")
_QUOTED = re.compile(r"^\s*(?:>>> ?(?P<rest>(?s:.*))|> ?(?P<line>.*))$", re.MULTILINE)
_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Cn"}


def clean(text: str) -> str:
    """Return the words of a message in one line, without markup.

    Only the first 10,000 characters count. Mentions become `@user`, links `http`, emoji their names and
    Discord's timestamps a date, because those are the forms in which a language model has met them.
    """
    text = html.unescape(text[:LONGEST])
    text = _FENCE.sub(r" \1 ", text)
    text = _CUSTOM_EMOJI.sub(lambda found: f" :{found[1].replace('_', ' ').lower()}: ", text)
    text = _TIMESTAMP.sub(lambda found: _date(int(found[1])), text)
    text = _MENTION.sub(" @user ", text)
    text = _CHANNEL.sub(" #channel ", text)
    text = _MASKED_LINK.sub(rf"\1 {LINK}", text)
    text = _LINK.sub(f" {LINK} ", text)
    text = _MARKUP.sub("", text)
    text = "".join(map(_spoken, unicodedata.normalize("NFKC", text)))
    return " ".join(_RUN.sub(r"\1\1\1", text).split())[:LONGEST].rstrip()


def split_quote(text: str) -> tuple[str, str]:
    """Separate a message's own words from the lines it quotes (`> …`): (own, quoted).

    A message that is nothing but a quotation counts as its own words.
    """
    text = html.unescape(text[:LONGEST])
    quoted = " ".join((found["rest"] or found["line"] or "").strip() for found in _QUOTED.finditer(text))
    own = _QUOTED.sub("", text)
    return (own, quoted) if _letters(own) or not quoted else (quoted, "")


def readable(cleaned: str) -> bool:
    """Say whether a cleaned text holds anything to read: a link, or three letters beside mentions and emoji."""
    if LINK in cleaned.split():
        return True
    bare = re.sub(r":[\w ’'-]+:|@user|#channel", " ", cleaned)
    return _letters(bare) >= 3


def _letters(text: str) -> int:
    return sum(character.isalpha() for character in text)


def _spoken(character: str) -> str:
    """Return a character as text: an emoji as its name, nothing for what cannot be seen."""
    if character.isascii():
        return character if character.isprintable() or character.isspace() else ""
    category = unicodedata.category(character)
    if category == "So":
        return f" :{unicodedata.name(character, 'sign').lower()}: "
    if category in {"Sk", "Mn"} or category in _INVISIBLE:
        return ""
    return character


def _date(seconds: int) -> str:
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return "a date"
    return f"{moment.day} {moment:%B %Y}"
