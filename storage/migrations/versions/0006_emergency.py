"""应急: calls, who is asked, and every answer."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "emergency_roll_call",
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("audience", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("what", sa.String(length=512), nullable=False),
        sa.Column("is_drill", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.Column("proposed_by_id", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirm_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("spread_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_emergency_roll_call_area_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["person.id"], name=op.f("fk_emergency_roll_call_proposed_by_id")),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["person.id"], name=op.f("fk_emergency_roll_call_confirmed_by_id")
        ),
        sa.ForeignKeyConstraint(["closed_by_id"], ["person.id"], name=op.f("fk_emergency_roll_call_closed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_roll_call")),
    )
    with op.batch_alter_table("emergency_roll_call", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_emergency_roll_call_state"), ["state"], unique=False)

    op.create_table(
        "safety_reply",
        sa.Column("roll_call_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.String(32), nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("said_by_id", sa.BigInteger(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=1024), nullable=True),
        sa.Column("taken_by_id", sa.BigInteger(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["roll_call_id"], ["emergency_roll_call.id"], name=op.f("fk_safety_reply_roll_call_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_safety_reply_person_id")),
        sa.ForeignKeyConstraint(["said_by_id"], ["person.id"], name=op.f("fk_safety_reply_said_by_id")),
        sa.ForeignKeyConstraint(["taken_by_id"], ["person.id"], name=op.f("fk_safety_reply_taken_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safety_reply")),
    )
    with op.batch_alter_table("safety_reply", schema=None) as batch_op:
        batch_op.create_index("ix_safety_reply_roll_call_id_person_id", ["roll_call_id", "person_id"], unique=False)

    op.create_table(
        "emergency_asked",
        sa.Column("roll_call_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("village_id", sa.BigInteger(), nullable=False),
        sa.Column("township_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("answer", sa.String(32), nullable=True),
        sa.Column("source", sa.String(32), nullable=True),
        sa.Column("reply_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["roll_call_id"], ["emergency_roll_call.id"], name=op.f("fk_emergency_asked_roll_call_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_emergency_asked_person_id")),
        sa.ForeignKeyConstraint(["village_id"], ["area.id"], name=op.f("fk_emergency_asked_village_id")),
        sa.ForeignKeyConstraint(["township_id"], ["area.id"], name=op.f("fk_emergency_asked_township_id")),
        sa.ForeignKeyConstraint(["reply_id"], ["safety_reply.id"], name=op.f("fk_emergency_asked_reply_id")),
        sa.PrimaryKeyConstraint("roll_call_id", "person_id", name=op.f("pk_emergency_asked")),
    )
    with op.batch_alter_table("emergency_asked", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_emergency_asked_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_emergency_asked_answer", ["roll_call_id", "answer"], unique=False)
        batch_op.create_index("ix_emergency_asked_township", ["roll_call_id", "township_id", "answer"], unique=False)


def downgrade() -> None:
    op.drop_table("emergency_asked")
    op.drop_table("safety_reply")
    op.drop_table("emergency_roll_call")
