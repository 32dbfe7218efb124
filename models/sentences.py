"""Text → sentences, for messages as people type them: short lines, missing capitals, links, abbreviations."""

import re

_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"“])(?:[A-Za-z]|mr|mrs|ms|dr|prof|st|jr|sr|gen|col|sgt|lt|capt|gov|sen|rep|rev|hon|vs|etc|e\.g|i\.e"
    r"|no|vol|fig|inc|ltd|co|corp|dept|approx|est|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec|[A-Za-z](?:\.[A-Za-z])+)\.$",
    re.IGNORECASE,
)
_SENTENCE_BEFORE_NAME = re.compile(r"(?:^|\s)(?:no|co|etc|est|I)\.$")
_END = re.compile(r"[.!?…。！？]+[\"'”’»)\]]*(?=\s)|[。！？]+(?=\S)|\n+")


def split_sentences(text: str) -> list[str]:
    """Cut a message into its sentences, in order and without loss of anything but the space between them."""
    sentences: list[str] = []
    start = 0
    for end in _END.finditer(text):
        if _ends_here(text[start : end.end()], text[end.end() :].lstrip()):
            sentences.append(text[start : end.end()].strip())
            start = end.end()
    sentences.append(text[start:].strip())
    return [sentence for sentence in sentences if sentence]


def _ends_here(head: str, rest: str) -> bool:
    if head.endswith("\n"):
        return not _is_soft_wrap(head.rstrip(), rest)
    if not rest:
        return True
    if head.rstrip("\"'”’»)]").endswith(("...", "…")):
        return not rest[0].islower()
    if head[-1] in "\"'”’»)]" and rest[0].islower():
        return False
    if not _ABBREVIATION.search(head[-24:]):
        return True
    return bool(_SENTENCE_BEFORE_NAME.search(head[-24:])) and rest[0].isupper()


def _is_soft_wrap(head: str, rest: str) -> bool:
    """Say whether a line break stands inside a sentence: nothing ended, and the next line goes on in lower case."""
    return bool(head) and bool(rest) and rest[0].islower() and head[-1] not in ".!?…:;。！？" and len(head) > 40
