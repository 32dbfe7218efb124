"""What the archive of fact-checks, digests by themselves and the moderators' settings need."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel_policies",
        sa.Column("channel_id", sa.BigInteger(), nullable=False, comment="a channel, forum or thread"),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False, comment="threshold by label; null: never flagged there"),
        sa.PrimaryKeyConstraint("channel_id"),
    )
    with op.batch_alter_table("channel_policies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_channel_policies_guild_id"), ["guild_id"], unique=False)

    op.create_table(
        "digest_plans",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("replies", sa.Integer(), nullable=False),
        sa.Column("rest_minutes", sa.Integer(), nullable=True, comment="null: daily, at an hour"),
        sa.Column("hour", sa.Integer(), nullable=True, comment="of UTC; null: after a rest"),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id"),
        comment="when a server's stories get digests by themselves; none: never",
    )
    op.create_table(
        "fact_checks",
        sa.Column("fact_check_id", sa.Integer(), nullable=False),
        sa.Column(
            "page", sa.Text(), nullable=False, comment="the url in the one form in which two addresses are equal"
        ),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("rating", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("published", sa.Date(), nullable=True),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=True, comment="float16[384], open: the text is public"),
        sa.Column("model", sa.String(length=16), nullable=True, comment="null until it is encoded"),
        sa.PrimaryKeyConstraint("fact_check_id"),
        comment="the archive: public fact-checks, in their publishers' words",
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("fact_checks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fact_checks_imported_at"), ["imported_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_fact_checks_model_imported_at"), ["model", "imported_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_fact_checks_page_claim"), ["page", "claim"], unique=True)

    op.create_table(
        "gaps",
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False, comment="the last message read before the bot went away"),
        sa.PrimaryKeyConstraint("channel_id"),
    )
    with op.batch_alter_table("gaps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gaps_guild_id"), ["guild_id"], unique=False)

    op.create_table(
        "leftovers",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("posted_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "id"),
        comment="what the bot has posted and has still to take down or to change",
    )
    with op.batch_alter_table("leftovers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_leftovers_guild_id"), ["guild_id"], unique=False)

    op.create_table(
        "story_digests",
        sa.Column("digest_id", sa.Integer(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("posted_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "latest_id", sa.BigInteger(), server_default="0", nullable=False, comment="the newest reply condensed"
        ),
        sa.Column(
            "closed", sa.Boolean(), server_default=sa.text("0"), nullable=False, comment="deleted by hand: never again"
        ),
        sa.PrimaryKeyConstraint("digest_id"),
        sa.UniqueConstraint("conversation_id"),
        comment="digests that the bot posts by itself, one under a story",
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("story_digests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_story_digests_posted_id"), ["posted_id"], unique=False)

    op.create_table(
        "told",
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.String(length=8), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=False, comment="the channel; 0 for the server"),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "problem", "place_id"),
        comment="what is missing and has been told to someone who can mend it, until it is mended",
    )
    op.create_table(
        "card_fact_checks",
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("fact_check_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("contradicts", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["card_id"], ["cards.card_id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["fact_check_id"], ["fact_checks.fact_check_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("card_id", "fact_check_id"),
    )
    with op.batch_alter_table("card_fact_checks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_card_fact_checks_fact_check_id"), ["fact_check_id"], unique=False)

    op.create_table(
        "samples",
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.String(length=12), nullable=False, comment="the model's; the reading's may be a human's"),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("drawn_at", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("leased_by", sa.BigInteger(), nullable=True),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["readings.message_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id"),
        comment="replies that were not flagged, drawn at random, for moderators to judge",
    )
    with op.batch_alter_table("samples", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_samples_guild_id_drawn_at"), ["guild_id", "drawn_at"], unique=False)

    with op.batch_alter_table("digest_citations", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "channel_id", sa.BigInteger(), nullable=True, comment="where it stands; null: where the digest stands"
            )
        )

    with op.batch_alter_table("flags", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "disputed_at",
                sa.BigInteger(),
                nullable=True,
                comment="when the author asked for another moderator, once",
            )
        )
        batch_op.add_column(
            sa.Column(
                "judged_by",
                sa.BigInteger(),
                nullable=True,
                comment="the moderator whose verdict is disputed: they do not decide again",
            )
        )

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index("ix_messages_unread", ["message_id"], unique=False, sqlite_where=sa.text("read = 0"))

    with op.batch_alter_table("servers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("disputes", sa.Boolean(), server_default=sa.text("0"), nullable=False))

    op.execute(
        "CREATE VIRTUAL TABLE archive_words USING fts5(title, claim, content='fact_checks', "
        "content_rowid='fact_check_id', tokenize='porter unicode61 remove_diacritics 2')"
    )
    add = "INSERT INTO archive_words(rowid, title, claim) VALUES (new.fact_check_id, new.title, new.claim);"
    drop = (
        "INSERT INTO archive_words(archive_words, rowid, title, claim) "
        "VALUES ('delete', old.fact_check_id, old.title, old.claim);"
    )
    changed = "WHEN old.title IS NOT new.title OR old.claim IS NOT new.claim"
    op.execute(f"CREATE TRIGGER fact_check_added AFTER INSERT ON fact_checks BEGIN {add} END")
    op.execute(f"CREATE TRIGGER fact_check_dropped AFTER DELETE ON fact_checks BEGIN {drop} END")
    op.execute(
        f"CREATE TRIGGER fact_check_changed AFTER UPDATE OF title, claim ON fact_checks {changed} "
        f"BEGIN {drop} {add} END"
    )
    same = " AND ".join(f"new.{name} IS old.{name}" for name in ("entry_id", "guild_id", "at", "actor_id", "action"))
    refuse = "BEGIN SELECT RAISE(ABORT, 'the log of decisions is only appended to'); END"
    op.execute(
        "CREATE TRIGGER audit_kept BEFORE UPDATE ON audit "
        f"WHEN NOT (new.subject_id IS NULL AND {same} AND new.detail IS old.detail) {refuse}"
    )
    # A server's entries go with the server, and last of all.
    known = (
        "EXISTS (SELECT 1 FROM servers WHERE guild_id = old.guild_id) "
        "OR EXISTS (SELECT 1 FROM watched WHERE guild_id = old.guild_id)"
    )
    op.execute(f"CREATE TRIGGER audit_stays BEFORE DELETE ON audit WHEN {known} {refuse}")
