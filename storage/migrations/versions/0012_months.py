"""月结: locked months, and for whom one is open again."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "month_lock",
        sa.Column("county_id", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("role", sa.String(32), nullable=True),
        sa.Column("open_matters", sa.BigInteger(), nullable=False),
        sa.Column("unlocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unlocked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["county_id"], ["area.id"], name=op.f("fk_month_lock_county_id")),
        sa.ForeignKeyConstraint(["locked_by_id"], ["person.id"], name=op.f("fk_month_lock_locked_by_id")),
        sa.ForeignKeyConstraint(["unlocked_by_id"], ["person.id"], name=op.f("fk_month_lock_unlocked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_month_lock")),
        sa.UniqueConstraint("county_id", "month", name=op.f("uq_month_lock_county_id_month")),
    )
    op.create_table(
        "month_reopening",
        sa.Column("lock_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=512), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_instant", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by_id", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["closed_by_id"], ["person.id"], name=op.f("fk_month_reopening_closed_by_id")),
        sa.ForeignKeyConstraint(["lock_id"], ["month_lock.id"], name=op.f("fk_month_reopening_lock_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["person.id"], name=op.f("fk_month_reopening_opened_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_month_reopening_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_month_reopening")),
    )
    with op.batch_alter_table("month_reopening", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_month_reopening_lock_id"), ["lock_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("month_reopening", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_month_reopening_lock_id"))

    op.drop_table("month_reopening")
    op.drop_table("month_lock")
