"""The label names, in the order in which every array of scores keeps them."""

LABELS = ("skeptical", "partisan", "off-topic", "informative", "none")
MARKS = LABELS[:4]
UNSURE = "unsure"
