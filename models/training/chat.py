"""Invented chat and conversations → training examples, for the registers that no collected reply has."""

import json
import random
from pathlib import Path

from models.labels import MARKS
from models.training.replies import Example, example

CHAT = Path(__file__).parent / "chat.jsonl"
TALK = Path(__file__).parent / "talk.jsonl"


def chat(rng: random.Random, stories: list[str]) -> list[Example]:
    """Return each invented line once, under a story invented or met elsewhere, or under none."""
    lines = [json.loads(line) for line in CHAT.read_text(encoding="utf-8").splitlines()]
    invented = [line["story"] for line in lines if "text" not in line]
    found = []
    for line in lines:
        if "text" in line:
            story = rng.choice(rng.choice([invented, stories]) if line["label"] == "off-topic" else invented)
            found.append(example({**line, "story": story, "parent": None, "thread": "chat"}))
    return found


def talk() -> list[Example]:
    """Return the replies of the invented conversations, each under its own story and parent."""
    found = []
    for line in TALK.read_text(encoding="utf-8").splitlines():
        thread = json.loads(line)
        replies = thread["replies"]
        for reply in replies:
            held = {reply["label"], *reply.get("also", ())}
            parent = replies[reply["parent"]]["text"] if "parent" in reply else None
            marks = {mark: float(mark in held) for mark in MARKS}
            found.append(
                example({**reply, "story": thread["story"], "parent": parent, "marks": marks, "thread": "talk"})
            )
    return found
