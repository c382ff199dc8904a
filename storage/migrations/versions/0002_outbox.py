"""What delivery needs to know: what waited, what was merged, what may have been said twice; what is held."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox_hold",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_outbox_hold")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("merged_into_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("possibly_repeated", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.drop_index(batch_op.f("ix_outbox_subject"))
        batch_op.drop_index("ix_outbox_channel_state_not_before")
        batch_op.create_index("ix_outbox_due", ["channel", "state", "lane", "not_before", "id"], unique=False)
        batch_op.create_index("ix_outbox_subject_state", ["subject", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_merged_into_id"), ["merged_into_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_outbox_merged_into_id"), "outbox", ["merged_into_id"], ["id"])
    with op.batch_alter_table("chat", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unreachable_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("chat", schema=None) as batch_op:
        batch_op.drop_column("unreachable_since")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_outbox_merged_into_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_outbox_merged_into_id"))
        batch_op.drop_index("ix_outbox_subject_state")
        batch_op.drop_index("ix_outbox_due")
        batch_op.create_index("ix_outbox_channel_state_not_before", ["channel", "state", "not_before"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_subject"), ["subject"], unique=False)
        batch_op.drop_column("possibly_repeated")
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("held")
    op.drop_table("outbox_hold")
