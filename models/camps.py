"""Partisan shots → one neutral sentence: how many there are and, only where it is plain, at whom they are aimed."""

import re
from collections.abc import Sequence

CAMPS = {
    "the government": r"government|administration|cabinet|ministers?|prime minister|white house|regime",
    "the opposition": r"opposition",
    "the left": r"left(?:ists?|ies|-?wing\w*)|liberals?|democrats?|socialists?|communists?|progressives?|labour",
    "the right": r"right-?wing\w*|conservatives?|republicans?|gop|tor(?:y|ies)|far right",
    "the media": r"media|mainstream press|msm",
}
COUNTS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")
FEWEST = 2
"""Shots below which nothing is told, unless it is plain at whom they are aimed."""

_CAMPS = {camp: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for camp, words in CAMPS.items()}
_BLAMES = re.compile(
    r"\b(?:blam\w+|faults?|lie[ds]?|lying|liars?|corrupt\w*|fail(?:s|ed|ure|ing)?|incompeten\w+|ruin\w*|destroy\w*"
    r"|thanks to|typical|hypocri\w+|stupid\w*|idiot\w*|moron\w*|crook\w*|crimin\w+|traitor\w*|disgrac\w+|sham\w+"
    r"|hate[sd]?|never cared?|don['’]?t care|doesn['’]?t care|steal\w*|stole|cheat\w*|propaganda"
    r"|brainwash\w+|clowns?)\b",
    re.IGNORECASE,
)
_DEFENDS = re.compile(
    r"\b(?:not|never|n['’]t|isn['’]?t|wasn['’]?t|no)\b.{0,24}\b(?:fault|blam\w+|l(?:ie|ied|ying)|corrupt)",
    re.IGNORECASE,
)


def aimed_at(text: str) -> str | None:
    """Give the one camp that a text blames, or None where it blames none, several, or defends one."""
    found = [camp for camp, words in _CAMPS.items() if words.search(text)]
    return found[0] if len(found) == 1 and _BLAMES.search(text) and not _DEFENDS.search(text) else None


def told_neutrally(shots: Sequence[str]) -> str | None:
    """Say in one sentence what shots do; None where too few do too little."""
    aims = {aimed_at(shot) for shot in shots}
    count = COUNTS[len(shots)] if len(shots) < len(COUNTS) else "Many"
    single = len(shots) == 1
    camp = next(iter(aims)) if len(aims) == 1 else None
    if camp is not None:
        return f"{count} {'reply blames' if single else 'replies blame'} {camp}."
    return f"{count} replies take political sides." if len(shots) >= FEWEST else None
