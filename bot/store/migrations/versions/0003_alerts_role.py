"""Which role new alerts mention."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("servers", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("alerts_role_id", sa.BigInteger(), nullable=True, comment="null: new alerts mention nobody")
        )
