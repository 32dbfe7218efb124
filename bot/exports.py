"""Past discussions from files: DiscordChatExporter's JSON and plain thread files."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.errors import RowError
from bot.jsonl import row_error
from bot.links import shared_pages
from bot.records import Post

BEGIN = datetime(2000, 1, 1, tzinfo=UTC)  # thread files tell no times: one message a minute from here
SERVER = 0  # stands for the server of a file that names none
CHANNEL = 1  # stands for the channel of a file that names none
MESSAGE_TYPES = ("Default", "Reply", "0", "19")


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is at the edge of the calendar") from None


Moment = Annotated[datetime, AfterValidator(_in_utc)]
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class _Author(_Part):
    id: int
    bot: bool = Field(default=False, validation_alias=AliasChoices("isBot", "bot"))


class _Embed(_Part):
    title: Text = ""
    description: Text = ""


class _Reference(_Part):
    message_id: int | None = Field(default=None, alias="messageId")


class _Forwarded(_Part):
    content: Text = ""
    embeds: tuple[_Embed, ...] = ()


class _Message(_Part):
    id: int
    type: str = "Default"
    timestamp: Moment
    edited: Moment | None = Field(default=None, alias="timestampEdited")
    content: Text
    author: _Author
    embeds: tuple[_Embed, ...] = ()
    reference: _Reference | None = None
    forwarded: _Forwarded | None = Field(default=None, alias="forwardedMessage")


class _Guild(_Part):
    id: int = SERVER


class _Channel(_Part):
    id: int = CHANNEL
    type: str = ""
    category_id: int | None = Field(default=None, alias="categoryId")


class Heading(_Part):
    """Say of which server and channel an export is; a thread's "category" is the channel above it."""

    guild: _Guild = _Guild()
    channel: _Channel = _Channel()

    @property
    def in_thread(self) -> bool:
        return self.channel.type.endswith("Thread")

    @property
    def watched_id(self) -> int:
        return self.channel.category_id or 0 if self.in_thread else self.channel.id


class _Export(Heading):
    messages: tuple[_Message, ...]


class _Story(_Part):
    headline: Text = ""
    body: Text = ""


class _Said(_Part):
    id: str
    parent: str | None = None
    text: Text


class _Thread(_Part):
    story: _Story
    messages: tuple[_Said, ...]


@dataclass(frozen=True, slots=True)
class Discussion:
    """Hold a past discussion: its posts in order and the names that the file gives them."""

    posts: tuple[Post, ...]
    names: dict[int, str]


def load_discussion(file: Path) -> Discussion:
    """Read a discussion; raise `RowError` naming the field when the file is not what it should be."""
    try:
        content = json.loads(file.read_bytes())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise RowError(f"{file.name} is not JSON: {error}") from None
    except RecursionError:
        raise RowError(f"{file.name} is nested too deeply to be an export or a thread") from None
    if not isinstance(content, dict):
        raise RowError(f"{file.name} must hold one JSON object, a DiscordChatExporter export or a thread")
    try:
        if "story" in content:
            return _from_thread(_Thread.model_validate(content))
        return _from_export(_Export.model_validate(content))
    except ValidationError as error:
        raise row_error(error, file.name) from None


def read_heading(guild: object, channel: object) -> Heading:
    """Read of which server and channel an export is; raise `RowError` when it does not say."""
    try:
        return Heading.model_validate({"guild": guild, "channel": channel})
    except ValidationError as error:
        raise row_error(error, "the export") from None


def read_message(value: object, heading: Heading, where: str) -> Post | None:
    """Read one message of an export; None for what nobody wrote, `RowError` for one that is malformed."""
    try:
        message = _Message.model_validate(value)
    except ValidationError as error:
        raise row_error(error, where) from None
    return _exported(message, heading) if message.type in MESSAGE_TYPES else None


def _from_export(export: _Export) -> Discussion:
    said = sorted((each for each in export.messages if each.type in MESSAGE_TYPES), key=lambda each: each.id)
    # A replay is of one channel, in a server of its own.
    alone = Heading(channel=_Channel(id=export.channel.id))
    posts = tuple(_exported(message, alone) for message in said)
    return Discussion(posts, {post.id: str(post.id) for post in posts})


def _exported(message: _Message, heading: Heading) -> Post:
    forwarded = message.forwarded or _Forwarded()
    embeds = (*forwarded.embeds, *message.embeds)
    shown = [forwarded.content, *(part for embed in embeds for part in (embed.title, embed.description))]
    return Post(
        id=message.id,
        guild_id=heading.guild.id,
        channel_id=heading.channel.id,
        watched_id=heading.watched_id,
        author_id=message.author.id,
        created_at=message.timestamp,
        edited_at=message.edited,
        text=message.content,
        headline="\n".join(part for part in shown if part),
        links=shared_pages(f"{message.content}\n{forwarded.content}"),
        reply_to=message.reference.message_id if message.reference and message.forwarded is None else None,
        by_person=not message.author.bot,
        in_thread=heading.in_thread,
        is_starter=heading.in_thread and message.id == heading.channel.id,
        forwarded=message.forwarded is not None,
    )


def _from_thread(thread: _Thread) -> Discussion:
    # The story stands first, as a thread's starter does; everything else is under it.
    numbers = {said.id: place for place, said in enumerate(thread.messages, start=2)}
    headline = "\n".join(part for part in (thread.story.headline, thread.story.body) if part)
    posts = [_told(1, headline, None)]
    for said in thread.messages:
        if said.parent is not None and said.parent not in numbers:
            raise RowError(f"message {said.id}: parent: no message {said.parent} in this thread")
        posts.append(_told(numbers[said.id], said.text, numbers.get(said.parent or "", 1)))
    return Discussion(tuple(posts), {1: "story"} | {number: name for name, number in numbers.items()})


def _told(number: int, text: str, parent: int | None) -> Post:
    return Post(
        id=number,
        guild_id=0,
        channel_id=CHANNEL,
        watched_id=CHANNEL,
        author_id=number,
        created_at=BEGIN + timedelta(minutes=number),
        text=text,
        links=shared_pages(text),
        reply_to=parent,
        is_starter=parent is None,
    )
