"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True, comment="a moderator; null for the bot itself"),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column(
            "subject_id", sa.BigInteger(), nullable=True, comment="the message, channel, card or flag acted upon"
        ),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_guild_id_at"), "audit", ["guild_id", "at"], unique=False)
    op.create_index(op.f("ix_audit_subject_id"), "audit", ["subject_id"], unique=False)
    op.create_table(
        "cards",
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("posted_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("card_id"),
        sa.UniqueConstraint("message_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_cards_conversation_id"), "cards", ["conversation_id"], unique=False)
    op.create_index(op.f("ix_cards_posted_id"), "cards", ["posted_id"], unique=False)
    op.create_index(op.f("ix_cards_state"), "cards", ["state"], unique=False)
    op.create_table(
        "data_keys",
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column(
            "sealed", sa.LargeBinary(), nullable=False, comment="the key of all other columns, sealed by the master"
        ),
        sa.PrimaryKeyConstraint("key_id"),
    )
    op.create_table(
        "digests",
        sa.Column("posted_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("posted_id"),
    )
    op.create_table(
        "flags",
        sa.Column("flag_id", sa.Integer(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=True),
        sa.Column("label", sa.String(length=12), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("alert_channel_id", sa.BigInteger(), nullable=True),
        sa.Column("alert_message_id", sa.BigInteger(), nullable=True),
        sa.Column("leased_by", sa.BigInteger(), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column(
            "quiet",
            sa.Boolean(),
            nullable=True,
            comment="waits in the queue without an alert; null until that is settled",
        ),
        sa.Column("asked_by", sa.BigInteger(), nullable=True, comment="the moderator who wants a second opinion"),
        sa.PrimaryKeyConstraint("flag_id"),
        sa.UniqueConstraint("message_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_flags_guild_id_state_created_at"), "flags", ["guild_id", "state", "created_at"], unique=False
    )
    op.create_table(
        "messages",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("watched_id", sa.BigInteger(), nullable=False),
        sa.Column("author_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=True),
        sa.Column("conversation_id", sa.BigInteger(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("read", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index(op.f("ix_messages_channel_id_message_id"), "messages", ["channel_id", "message_id"], unique=False)
    op.create_index(op.f("ix_messages_conversation_id"), "messages", ["conversation_id"], unique=False)
    op.create_index(op.f("ix_messages_guild_id_author_key"), "messages", ["guild_id", "author_key"], unique=False)
    op.create_table(
        "opt_outs",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("author_key", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "author_key"),
    )
    op.create_table(
        "servers",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("live", sa.Boolean(), server_default=sa.text("0"), nullable=False),
        sa.Column("alerts_channel_id", sa.BigInteger(), nullable=True),
        sa.Column("thresholds", sa.JSON(), nullable=False),
        sa.Column("retention_days", sa.Integer(), server_default="30", nullable=False),
        sa.Column("claim_days", sa.Integer(), nullable=True, comment="null: claims live as long as their messages"),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("guild_id"),
    )
    op.create_table(
        "tallies",
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.String(length=12), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("watched_id", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "label"),
    )
    op.create_index(op.f("ix_tallies_guild_id"), "tallies", ["guild_id"], unique=False)
    op.create_table(
        "verdicts",
        sa.Column("verdict_id", sa.Integer(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.String(length=12), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("verdict_id"),
        comment="what is left of decided flags whose time is over: no message, no person",
    )
    op.create_index(op.f("ix_verdicts_guild_id"), "verdicts", ["guild_id"], unique=False)
    op.create_table(
        "watched",
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "backfill_before",
            sa.BigInteger(),
            nullable=True,
            comment="the oldest message read; null when no backfill is under way",
        ),
        sa.PrimaryKeyConstraint("channel_id"),
    )
    op.create_index(op.f("ix_watched_guild_id"), "watched", ["guild_id"], unique=False)
    op.create_table(
        "card_occurrences",
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("contradicts", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["cards.card_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("card_id", "message_id"),
    )
    op.create_index(op.f("ix_card_occurrences_message_id"), "card_occurrences", ["message_id"], unique=False)
    op.create_table(
        "card_ratings",
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("author_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["cards.card_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("card_id", "author_key"),
    )
    op.create_table(
        "claims",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False, comment="AES-GCM sealed float16[384]"),
        sa.Column("model", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.message_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index(op.f("ix_claims_guild_id"), "claims", ["guild_id"], unique=False)
    op.create_table(
        "digest_citations",
        sa.Column("posted_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("author_key", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["posted_id"], ["digests.posted_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("posted_id", "message_id"),
    )
    op.create_index(op.f("ix_digest_citations_author_key"), "digest_citations", ["author_key"], unique=False)
    op.create_index(op.f("ix_digest_citations_message_id"), "digest_citations", ["message_id"], unique=False)
    op.create_table(
        "readings",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.String(length=12), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("claim", sa.Float(), nullable=False),
        sa.Column("model", sa.String(length=16), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.message_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index(op.f("ix_readings_read_at"), "readings", ["read_at"], unique=False)
    op.create_table(
        "claim_urls",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("url_key", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["claims.message_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", "url_key"),
    )
    op.create_index(op.f("ix_claim_urls_url_key"), "claim_urls", ["url_key"], unique=False)
