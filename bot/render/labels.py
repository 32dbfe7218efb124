"""Labels in words: what they are called, what they mean, and how sure the model is of one."""

from bot.languages import N_, _, percent

NAMES = {
    "skeptical": N_("skeptical"),
    "partisan": N_("partisan"),
    "off-topic": N_("off-topic"),
    "informative": N_("informative"),
    "none": N_("none"),
    "unsure": N_("unsure"),
}
MEANINGS = {
    "skeptical": N_("doubts the story, its source or a claim, or asks for proof"),
    "partisan": N_("takes or attacks a political side"),
    "off-topic": N_("is not about the story or the discussion"),
    "informative": N_("adds something checkable: a fact, figure or source"),
    "none": N_("an ordinary reply: a reaction, an opinion, thanks"),
}
# The emoji squares' colours, so that a label looks the same in a line of text, in a picture and beside an alert.
COLORS = {
    "skeptical": "#fdcb58",
    "partisan": "#dd2e44",
    "off-topic": "#aa8ed6",
    "informative": "#55acee",
}
SURENESS = (
    (0.9, N_("very sure")),
    (0.75, N_("fairly sure")),
    (0.6, N_("leaning that way")),
    (0.0, N_("little more than a guess")),
)


def name_of(label: str) -> str:
    """Name a label in the language that is spoken."""
    return _(NAMES[label]) if label in NAMES else label


def meaning_of(label: str) -> str:
    """Say what a message with a label does."""
    return _(MEANINGS[label]) if label in MEANINGS else ""


def sureness(score: float) -> str:
    """Say how sure a score in [0, 1] is, as a percentage and in words."""
    words = next(words for least, words in SURENESS if score >= least)
    return f"{percent(score)}, {_(words)}"
