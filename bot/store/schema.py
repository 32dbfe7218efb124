"""The tables: ids, times, numbers and sealed vectors; no column holds message text.

Public fact-checks are the one thing whose words are kept: their publishers wrote them for everybody.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa


class Moment(sa.types.TypeDecorator[datetime]):
    """Store an aware UTC time as microseconds since the epoch, so that order and equality are exact."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        if value is None:
            return None
        seconds = int(value.replace(microsecond=0).timestamp())
        return seconds * 1_000_000 + value.microsecond

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return datetime.fromtimestamp(value // 1_000_000, UTC).replace(microsecond=value % 1_000_000)


metadata = sa.MetaData(naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s"})

data_keys = sa.Table(
    "data_keys",
    metadata,
    sa.Column("key_id", sa.Integer, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False, comment="the key of all other columns, sealed by the master"),
)

servers = sa.Table(
    "servers",
    metadata,
    sa.Column("guild_id", sa.BigInteger, primary_key=True),
    sa.Column("live", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("alerts_channel_id", sa.BigInteger),
    sa.Column("thresholds", sa.JSON, nullable=False),
    sa.Column("retention_days", sa.Integer, nullable=False, server_default="30"),
    sa.Column("claim_days", sa.Integer, comment="null: claims live as long as their messages"),
    sa.Column("left_at", Moment),
    sa.Column("disputes", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("alerts_role_id", sa.BigInteger, comment="null: new alerts mention nobody"),
)

watched = sa.Table(
    "watched",
    metadata,
    sa.Column("channel_id", sa.BigInteger, primary_key=True),
    sa.Column("guild_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("added_at", Moment, nullable=False),
    sa.Column(
        "backfill_before", sa.BigInteger, comment="the oldest message read, negative while paused; null: no backfill"
    ),
)

channel_policies = sa.Table(
    "channel_policies",
    metadata,
    sa.Column("channel_id", sa.BigInteger, primary_key=True, comment="a channel, forum or thread"),
    sa.Column("guild_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("flags", sa.JSON, nullable=False, comment="threshold by label; null: never flagged there"),
)

gaps = sa.Table(
    "gaps",
    metadata,
    sa.Column("channel_id", sa.BigInteger, primary_key=True),
    sa.Column("guild_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("after", sa.BigInteger, nullable=False, comment="the last message read before the bot went away"),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("message_id", sa.BigInteger, primary_key=True),
    sa.Column("guild_id", sa.BigInteger, nullable=False),
    sa.Column("channel_id", sa.BigInteger, nullable=False),
    sa.Column("watched_id", sa.BigInteger, nullable=False),
    sa.Column("author_key", sa.LargeBinary(32), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("edited_at", Moment),
    sa.Column("kind", sa.String(8)),
    sa.Column("conversation_id", sa.BigInteger, index=True),
    sa.Column("parent_id", sa.BigInteger),
    sa.Column("read", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index(None, "channel_id", "message_id"),
    sa.Index(None, "guild_id", "author_key"),
    sa.Index("ix_messages_unread", "message_id", sqlite_where=sa.text("read = 0")),
)

readings = sa.Table(
    "readings",
    metadata,
    sa.Column("message_id", sa.ForeignKey("messages.message_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("label", sa.String(12), nullable=False),
    sa.Column("scores", sa.JSON, nullable=False),
    sa.Column("marks", sa.JSON, nullable=False),
    sa.Column("claim", sa.Float, nullable=False),
    sa.Column("model", sa.String(16), nullable=False),
    sa.Column("read_at", Moment, nullable=False, index=True),
)

tallies = sa.Table(
    "tallies",
    metadata,
    sa.Column("conversation_id", sa.BigInteger, primary_key=True),
    sa.Column("label", sa.String(12), primary_key=True),
    sa.Column("guild_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("watched_id", sa.BigInteger, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
)

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("message_id", sa.ForeignKey("messages.message_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("guild_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("vector", sa.LargeBinary, nullable=False, comment="AES-GCM sealed float16[384]"),
    sa.Column("model", sa.String(16), nullable=False),
)

claim_urls = sa.Table(
    "claim_urls",
    metadata,
    sa.Column("message_id", sa.ForeignKey("claims.message_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("url_key", sa.LargeBinary(32), primary_key=True),
    sa.Index(None, "url_key"),
)

cards = sa.Table(
    "cards",
    metadata,
    sa.Column("card_id", sa.Integer, primary_key=True),
    sa.Column("guild_id", sa.BigInteger, nullable=False),
    sa.Column("channel_id", sa.BigInteger, nullable=False),
    sa.Column("message_id", sa.BigInteger, nullable=False, unique=True),
    sa.Column("conversation_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("state", sa.String(10), nullable=False, index=True),
    sa.Column("posted_id", sa.BigInteger, index=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("removed_by", sa.BigInteger),
    sqlite_autoincrement=True,
)

card_occurrences = sa.Table(
    "card_occurrences",
    metadata,
    sa.Column("card_id", sa.ForeignKey("cards.card_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("message_id", sa.BigInteger, primary_key=True, index=True),
    sa.Column("channel_id", sa.BigInteger, nullable=False),
    sa.Column("conversation_id", sa.BigInteger, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("contradicts", sa.Boolean, nullable=False),
)

card_ratings = sa.Table(
    "card_ratings",
    metadata,
    sa.Column("card_id", sa.ForeignKey("cards.card_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("author_key", sa.LargeBinary(32), primary_key=True),
    sa.Column("helpful", sa.Boolean, nullable=False),
)

card_fact_checks = sa.Table(
    "card_fact_checks",
    metadata,
    sa.Column("card_id", sa.ForeignKey("cards.card_id", ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "fact_check_id", sa.ForeignKey("fact_checks.fact_check_id", ondelete="CASCADE"), primary_key=True, index=True
    ),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("contradicts", sa.Boolean, nullable=False),
)

flags = sa.Table(
    "flags",
    metadata,
    sa.Column("flag_id", sa.Integer, primary_key=True),
    sa.Column("guild_id", sa.BigInteger, nullable=False),
    sa.Column("channel_id", sa.BigInteger, nullable=False),
    sa.Column("message_id", sa.BigInteger, nullable=False, unique=True),
    sa.Column("conversation_id", sa.BigInteger),
    sa.Column("label", sa.String(12), nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("verdict", sa.String(12)),
    sa.Column("decided_by", sa.BigInteger),
    sa.Column("decided_at", Moment),
    sa.Column("alert_channel_id", sa.BigInteger),
    sa.Column("alert_message_id", sa.BigInteger),
    sa.Column("leased_by", sa.BigInteger),
    sa.Column("leased_until", Moment),
    sa.Column("quiet", sa.Boolean, comment="waits in the queue without an alert; null until that is settled"),
    sa.Column("asked_by", sa.BigInteger, comment="the moderator who wants a second opinion"),
    sa.Column("disputed_at", Moment, comment="when the author asked for another moderator, once"),
    sa.Column("judged_by", sa.BigInteger, comment="the moderator whose verdict is disputed: they do not decide again"),
    sa.Index(None, "guild_id", "state", "created_at"),
    sqlite_autoincrement=True,
)

verdicts = sa.Table(
    "verdicts",
    metadata,
    sa.Column("verdict_id", sa.Integer, primary_key=True),
    sa.Column("guild_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("channel_id", sa.BigInteger, nullable=False),
    sa.Column("label", sa.String(12), nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("verdict", sa.String(12), nullable=False),
    sa.Column("decided_at", Moment, nullable=False),
    comment="what is left of decided flags whose time is over: no message, no person",
)

samples = sa.Table(
    "samples",
    metadata,
    sa.Column("message_id", sa.ForeignKey("readings.message_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("guild_id", sa.BigInteger, nullable=False),
    sa.Column("label", sa.String(12), nullable=False, comment="the model's; the reading's may be a human's"),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("drawn_at", Moment, nullable=False),
    sa.Column("verdict", sa.String(12)),
    sa.Column("decided_by", sa.BigInteger),
    sa.Column("decided_at", Moment),
    sa.Column("leased_by", sa.BigInteger),
    sa.Column("leased_until", Moment),
    sa.Index(None, "guild_id", "drawn_at"),
    comment="replies that were not flagged, drawn at random, for moderators to judge",
)

digests = sa.Table(
    "digests",
    metadata,
    sa.Column("posted_id", sa.BigInteger, primary_key=True),
    sa.Column("guild_id", sa.BigInteger, nullable=False),
    sa.Column("channel_id", sa.BigInteger, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
)

digest_citations = sa.Table(
    "digest_citations",
    metadata,
    sa.Column("posted_id", sa.ForeignKey("digests.posted_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("message_id", sa.BigInteger, primary_key=True, index=True),
    sa.Column("author_key", sa.LargeBinary(32), nullable=False, index=True),
    sa.Column("channel_id", sa.BigInteger, comment="where it stands; null: where the digest stands"),
)

digest_plans = sa.Table(
    "digest_plans",
    metadata,
    sa.Column("guild_id", sa.BigInteger, primary_key=True),
    sa.Column("replies", sa.Integer, nullable=False),
    sa.Column("rest_minutes", sa.Integer, comment="null: daily, at an hour"),
    sa.Column("hour", sa.Integer, comment="of UTC; null: after a rest"),
    sa.Column("since", Moment, nullable=False),
    comment="when a server's stories get digests by themselves; none: never",
)

story_digests = sa.Table(
    "story_digests",
    metadata,
    sa.Column("digest_id", sa.Integer, primary_key=True),
    sa.Column("guild_id", sa.BigInteger, nullable=False),
    sa.Column("channel_id", sa.BigInteger, nullable=False),
    sa.Column("conversation_id", sa.BigInteger, nullable=False, unique=True),
    sa.Column("posted_id", sa.BigInteger, index=True),
    sa.Column("latest_id", sa.BigInteger, nullable=False, server_default="0", comment="the newest reply condensed"),
    sa.Column("closed", sa.Boolean, nullable=False, server_default=sa.false(), comment="deleted by hand: never again"),
    comment="digests that the bot posts by itself, one under a story",
    sqlite_autoincrement=True,
)

leftovers = sa.Table(
    "leftovers",
    metadata,
    sa.Column("kind", sa.String(8), primary_key=True),
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("guild_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("channel_id", sa.BigInteger, nullable=False),
    sa.Column("posted_id", sa.BigInteger),
    comment="what the bot has posted and has still to take down or to change",
)

opt_outs = sa.Table(
    "opt_outs",
    metadata,
    sa.Column("guild_id", sa.BigInteger, primary_key=True),
    sa.Column("author_key", sa.LargeBinary(32), primary_key=True),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("entry_id", sa.Integer, primary_key=True),
    sa.Column("guild_id", sa.BigInteger, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor_id", sa.BigInteger, comment="a moderator; null for the bot itself"),
    sa.Column("action", sa.String(24), nullable=False),
    sa.Column("subject_id", sa.BigInteger, comment="the message, channel, card or flag acted upon"),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Index(None, "guild_id", "at"),
    sa.Index(None, "subject_id"),
    comment="only appended to: triggers refuse other changes than taking out a message that is gone",
    sqlite_autoincrement=True,
)

told = sa.Table(
    "told",
    metadata,
    sa.Column("guild_id", sa.BigInteger, primary_key=True),
    sa.Column("problem", sa.String(8), primary_key=True),
    sa.Column("place_id", sa.BigInteger, primary_key=True, comment="the channel; 0 for the server"),
    sa.Column("told_at", Moment, nullable=False),
    comment="what is missing and has been told to someone who can mend it, until it is mended",
)

fact_checks = sa.Table(
    "fact_checks",
    metadata,
    sa.Column("fact_check_id", sa.Integer, primary_key=True),
    sa.Column("page", sa.Text, nullable=False, comment="the url in the one form in which two addresses are equal"),
    sa.Column("claim", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False, server_default=""),
    sa.Column("publisher", sa.Text, nullable=False),
    sa.Column("rating", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("published", sa.Date),
    sa.Column("imported_at", Moment, nullable=False, index=True),
    sa.Column("vector", sa.LargeBinary, comment="float16[384], open: the text is public"),
    sa.Column("model", sa.String(16), comment="null until it is encoded"),
    sa.Index(None, "page", "claim", unique=True),
    sa.Index(None, "model", "imported_at"),
    comment="the archive: public fact-checks, in their publishers' words",
    sqlite_autoincrement=True,
)

# Beside it stands `archive_words`, an FTS5 table that triggers keep in step; the migration makes both.
