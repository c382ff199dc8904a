"""报数: requests for figures, their fields, who is asked, answers and their values."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "figure_request",
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column("basis", sa.String(length=128), nullable=False),
        sa.Column("of_each", sa.String(32), nullable=False),
        sa.Column("audience", sa.JSON(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spread_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminders", sa.BigInteger(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_figure_request_area_id")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_figure_request_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_request")),
    )
    with op.batch_alter_table("figure_request", schema=None) as batch_op:
        batch_op.create_index("ix_figure_request_area_id_sent_at", ["area_id", "sent_at"], unique=False)

    op.create_table(
        "figure_field",
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("low", sa.BigInteger(), nullable=True),
        sa.Column("high", sa.BigInteger(), nullable=True),
        sa.Column("decimals", sa.BigInteger(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("basis", sa.String(length=128), nullable=True),
        sa.Column("source", sa.String(32), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["figure_request.id"], name=op.f("fk_figure_field_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_field")),
        sa.UniqueConstraint("request_id", "place", name=op.f("uq_figure_field_request_id_place")),
    )
    op.create_table(
        "figure_asked",
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("village_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_figure_asked_person_id")),
        sa.ForeignKeyConstraint(["request_id"], ["figure_request.id"], name=op.f("fk_figure_asked_request_id")),
        sa.ForeignKeyConstraint(["village_id"], ["area.id"], name=op.f("fk_figure_asked_village_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_asked")),
    )
    with op.batch_alter_table("figure_asked", schema=None) as batch_op:
        batch_op.create_index("ix_figure_asked_request_id_village_id", ["request_id", "village_id"], unique=False)
        batch_op.create_index("ix_figure_asked_village_id", ["village_id"], unique=False)

    op.create_table(
        "figure_reply",
        sa.Column("asked_id", sa.BigInteger(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("at_instant", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["asked_id"], ["figure_asked.id"], name=op.f("fk_figure_reply_asked_id")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_figure_reply_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_reply")),
    )
    with op.batch_alter_table("figure_reply", schema=None) as batch_op:
        batch_op.create_index("ix_figure_reply_asked_id", ["asked_id"], unique=False)

    op.create_table(
        "figure_value",
        sa.Column("reply_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("field_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("words", sa.String(length=256), nullable=True),
        sa.ForeignKeyConstraint(["field_id"], ["figure_field.id"], name=op.f("fk_figure_value_field_id")),
        sa.ForeignKeyConstraint(["reply_id"], ["figure_reply.id"], name=op.f("fk_figure_value_reply_id")),
        sa.PrimaryKeyConstraint("reply_id", "field_id", name=op.f("pk_figure_value")),
    )
    with op.batch_alter_table("figure_value", schema=None) as batch_op:
        batch_op.create_index("ix_figure_value_field_id", ["field_id"], unique=False)


def downgrade() -> None:
    for table in ("figure_value", "figure_reply", "figure_asked", "figure_field", "figure_request"):
        op.drop_table(table)
