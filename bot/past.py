"""What a file of past messages tells about their places; Discord is not asked."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.records import Post
from bot.store.messages import Kept, Messages, Standing


@dataclass(frozen=True, slots=True)
class Past:
    """Answer the questions of `Conversations` from the store and the posts of a file read so far."""

    messages: Messages
    posts: Mapping[int, Post]

    async def kept(self, message_id: int) -> Kept | None:
        return await self.messages.get(message_id)

    async def fetched(self, channel_id: int, message_id: int) -> Post | None:
        return self.posts.get(message_id)

    async def starter(self, thread_id: int) -> int | None:
        return thread_id  # a thread has its starter's id

    async def standing(self, channel_id: int, before: int) -> Standing | None:
        return None
