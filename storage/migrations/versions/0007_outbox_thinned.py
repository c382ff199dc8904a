"""When a finished message of the outbox was thinned, and which have not been."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("thinned_at", sa.DateTime(timezone=True), nullable=True))
    unthinned = sa.text("thinned_at IS NULL")
    op.create_index(
        "ix_outbox_unthinned",
        "outbox",
        ["not_before", "kind"],
        unique=False,
        sqlite_where=unthinned,
        postgresql_where=unthinned,
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_unthinned", table_name="outbox")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_column("thinned_at")
