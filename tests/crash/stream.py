"""What a server says while its bot keeps being killed: stories, replies, edits and deletions from one seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.loopback.scene import AGO
from tests.loopback.world import World

CUES = {"doubt": "skeptical", "party": "partisan", "figures": "informative", "indeed": "none"}
IN_THREAD = 0.5  # of the replies to a story that has a thread
FLAGGED_OF = 25  # one reply in so many is flagged


@dataclass(slots=True)
class Said:
    """Hold a message as it stands: its words carry a token that no other text of the stream has."""

    message_id: int
    channel_id: int
    cue: str
    token: str
    card: bool = False


@dataclass(slots=True)
class Stream:
    """Say things in a world and remember what stands and what does not."""

    world: World
    seed: int
    standing: dict[int, Said] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    earlier: dict[int, Said] = field(default_factory=dict)
    said: int = 0
    threads: dict[int, int] = field(default_factory=dict)
    _dice: random.Random = field(init=False)
    _stories: dict[int, int] = field(default_factory=dict)
    _outdated: list[int] = field(default_factory=list)
    _number: int = 0

    def __post_init__(self) -> None:
        self._outdated = self.world.watched[1::3]
        self._dice = random.Random(self.seed)  # noqa: S311 - a script, not a secret
        for channel_id in self.world.watched:
            said = self._say(channel_id, "announced", self._story(channel_id), at=True)
            self.earlier[channel_id] = said

    def run(self, count: int) -> Iterator[None]:
        """Say so many messages, one at a time; every channel tells its old story again, half of them in a thread."""
        for channel_id in self.world.watched:
            again = self._say(channel_id, "announced", self._story(channel_id))
            again.card = True
            self._stories[channel_id] = again.message_id
            if channel_id in self.world.watched[::2]:
                thread_id = self.threads[channel_id] = self.world.open_thread(channel_id, again.message_id)
                self._stories[thread_id] = again.message_id
            yield
        while self.said < count:
            self._reply()
            if self._dice.random() < 0.1:
                self._edit()
            if self._dice.random() < 0.08:
                self._delete()
            if self._dice.random() < 0.05:
                self.world.archive(self._dice.choice(list(self.threads.values())))
            if self._outdated and self.said > count / 2:
                self._forget(self.earlier.pop(self._outdated.pop()))
            yield

    def finish(self) -> None:
        """Delete some of what cards show and what alerts show."""
        for channel_id in self.world.watched[2::3]:
            self._forget(self.standing[self._stories[channel_id]])
        for said in [each for each in self.standing.values() if each.cue == "party"][::2]:
            self._forget(said)

    def is_orphan(self, said: Said) -> bool:
        """Say whether the story of a reply is deleted."""
        return self._stories[said.channel_id] not in self.standing

    def _story(self, channel_id: int) -> str:
        return f"harbour bridge of district {channel_id} https://wire.example/{channel_id}"

    def _say(self, channel_id: int, cue: str, text: str, *, at: bool = False, reply_to: int | None = None) -> Said:
        token = self._token()
        when = self.world.now() - AGO if at else None
        message_id = self.world.say(channel_id, f"{text} {cue} {token}", reply_to=reply_to, at=when)
        said = self.standing[message_id] = Said(message_id, channel_id, cue, token)
        self.said += not at
        return said

    def _reply(self) -> None:
        channel_id = self._dice.choice(self.world.watched)
        cue = "party" if self._dice.random() < 1 / FLAGGED_OF else self._dice.choice(["doubt", "figures", "indeed"])
        if channel_id in self.threads and self._dice.random() < IN_THREAD:
            self._say(self.threads[channel_id], cue, "and so")
        else:
            self._say(channel_id, cue, "and so", reply_to=self._stories[channel_id])

    def _edit(self) -> None:
        said = self._pick()
        self.dead.add(said.token)
        said.cue, said.token = self._dice.choice(list(CUES)), self._token()
        self.world.edit(said.channel_id, said.message_id, content=f"and so {said.cue} {said.token}")

    def _delete(self) -> None:
        self._forget(self._pick())

    def _forget(self, said: Said) -> None:
        self.dead.add(said.token)
        del self.standing[said.message_id]
        self.world.delete(said.channel_id, said.message_id)

    def _pick(self) -> Said:
        stories = {*self._stories.values(), *(each.message_id for each in self.earlier.values())}
        return self._dice.choice([said for key, said in self.standing.items() if key not in stories])

    def _token(self) -> str:
        self._number += 1
        return f"token{self._number:06d}x"
