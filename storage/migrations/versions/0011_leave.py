"""Leave: requests, decisions, returns, days on which none is granted."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leave_closure",
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("exceptions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("set_by_id", sa.BigInteger(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_leave_closure_area_id")),
        sa.ForeignKeyConstraint(["set_by_id"], ["person.id"], name=op.f("fk_leave_closure_set_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave_closure")),
    )
    with op.batch_alter_table("leave_closure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_leave_closure_area_id"), ["area_id"], unique=False)

    op.create_table(
        "leave_request",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("village_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("from_half", sa.String(32), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("to_half", sa.String(32), nullable=False),
        sa.Column("asked_to_on", sa.Date(), nullable=False),
        sa.Column("asked_to_half", sa.String(32), nullable=False),
        sa.Column("is_open_ended", sa.Boolean(), nullable=False),
        sa.Column("halves", sa.BigInteger(), nullable=False),
        sa.Column("chain_halves", sa.BigInteger(), nullable=False),
        sa.Column("levels", sa.JSON(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=512), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("file_id", sa.String(length=256), nullable=True),
        sa.Column("file_name", sa.String(length=128), nullable=True),
        sa.Column("stand_in_id", sa.BigInteger(), nullable=True),
        sa.Column("is_afterwards", sa.Boolean(), nullable=False),
        sa.Column("extends_id", sa.BigInteger(), nullable=True),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_leave_request_asked_by_id")),
        sa.ForeignKeyConstraint(["extends_id"], ["leave_request.id"], name=op.f("fk_leave_request_extends_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_leave_request_person_id")),
        sa.ForeignKeyConstraint(["stand_in_id"], ["person.id"], name=op.f("fk_leave_request_stand_in_id")),
        sa.ForeignKeyConstraint(["village_id"], ["area.id"], name=op.f("fk_leave_request_village_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave_request")),
    )
    with op.batch_alter_table("leave_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_leave_request_stand_in_id"), ["stand_in_id"], unique=False)
        batch_op.create_index("ix_leave_request_person_id_to_on", ["person_id", "to_on"], unique=False)
        batch_op.create_index("ix_leave_request_state_village_id", ["state", "village_id"], unique=False)

    op.create_table(
        "leave_decision",
        sa.Column("leave_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.String(32), nullable=False),
        sa.Column("is_approved", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.String(length=512), nullable=True),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("at_instant", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_leave_decision_by_id")),
        sa.ForeignKeyConstraint(["leave_id"], ["leave_request.id"], name=op.f("fk_leave_decision_leave_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave_decision")),
    )
    with op.batch_alter_table("leave_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_leave_decision_leave_id"), ["leave_id"], unique=False)

    op.create_table(
        "leave_return",
        sa.Column("leave_id", sa.BigInteger(), nullable=False),
        sa.Column("at_instant", sa.DateTime(timezone=True), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("half", sa.String(32), nullable=False),
        sa.Column("evidence", sa.String(32), nullable=False),
        sa.Column("distance_class", sa.String(32), nullable=True),
        sa.Column("words", sa.String(length=512), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("until_half", sa.String(32), nullable=False),
        sa.Column("credited", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["confirmed_by_id"], ["person.id"], name=op.f("fk_leave_return_confirmed_by_id")),
        sa.ForeignKeyConstraint(["leave_id"], ["leave_request.id"], name=op.f("fk_leave_return_leave_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave_return")),
        sa.UniqueConstraint("leave_id", name=op.f("uq_leave_return_leave_id")),
    )


def downgrade() -> None:
    op.drop_table("leave_return")
    with op.batch_alter_table("leave_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_leave_decision_leave_id"))

    op.drop_table("leave_decision")
    with op.batch_alter_table("leave_request", schema=None) as batch_op:
        batch_op.drop_index("ix_leave_request_state_village_id")
        batch_op.drop_index("ix_leave_request_person_id_to_on")

    op.drop_table("leave_request")
    with op.batch_alter_table("leave_closure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_leave_closure_area_id"))

    op.drop_table("leave_closure")
