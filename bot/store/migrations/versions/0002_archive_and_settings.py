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

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index("ix_messages_unread", ["message_id"], unique=False, sqlite_where=sa.text("read = 0"))

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
