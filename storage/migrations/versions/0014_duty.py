"""值班表: periods, who is on duty when, swaps."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "duty_period",
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("basis", sa.String(length=200), nullable=True),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("opened_by_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_duty_period_area_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["person.id"], name=op.f("fk_duty_period_opened_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_period")),
    )
    with op.batch_alter_table("duty_period", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_duty_period_area_id"), ["area_id"], unique=False)

    op.create_table(
        "duty_day",
        sa.Column("period_id", sa.BigInteger(), nullable=False),
        sa.Column("village_id", sa.BigInteger(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("am_id", sa.BigInteger(), nullable=True),
        sa.Column("pm_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["am_id"], ["person.id"], name=op.f("fk_duty_day_am_id")),
        sa.ForeignKeyConstraint(["period_id"], ["duty_period.id"], name=op.f("fk_duty_day_period_id")),
        sa.ForeignKeyConstraint(["pm_id"], ["person.id"], name=op.f("fk_duty_day_pm_id")),
        sa.ForeignKeyConstraint(["village_id"], ["area.id"], name=op.f("fk_duty_day_village_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_day")),
        sa.UniqueConstraint(
            "period_id", "village_id", "on_date", name=op.f("uq_duty_day_period_id_village_id_on_date")
        ),
    )
    with op.batch_alter_table("duty_day", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_duty_day_am_id"), ["am_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_duty_day_pm_id"), ["pm_id"], unique=False)

    op.create_table(
        "duty_swap",
        sa.Column("period_id", sa.BigInteger(), nullable=False),
        sa.Column("village_id", sa.BigInteger(), nullable=False),
        sa.Column("asker_id", sa.BigInteger(), nullable=False),
        sa.Column("asker_on", sa.Date(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("other_on", sa.Date(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["asker_id"], ["person.id"], name=op.f("fk_duty_swap_asker_id")),
        sa.ForeignKeyConstraint(["other_id"], ["person.id"], name=op.f("fk_duty_swap_other_id")),
        sa.ForeignKeyConstraint(["period_id"], ["duty_period.id"], name=op.f("fk_duty_swap_period_id")),
        sa.ForeignKeyConstraint(["village_id"], ["area.id"], name=op.f("fk_duty_swap_village_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_swap")),
    )
    with op.batch_alter_table("duty_swap", schema=None) as batch_op:
        batch_op.create_index("ix_duty_swap_period_id_village_id", ["period_id", "village_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("duty_swap", schema=None) as batch_op:
        batch_op.drop_index("ix_duty_swap_period_id_village_id")

    op.drop_table("duty_swap")
    with op.batch_alter_table("duty_day", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_duty_day_pm_id"))
        batch_op.drop_index(batch_op.f("ix_duty_day_am_id"))

    op.drop_table("duty_day")
    with op.batch_alter_table("duty_period", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_duty_period_area_id"))

    op.drop_table("duty_period")
