"""What came of asking about unverified half-days, and what was found."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "finding",
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("halves", sa.JSON(), nullable=False),
        sa.Column("seen", sa.String(length=512), nullable=False),
        sa.Column("evidence", sa.String(32), nullable=False),
        sa.Column("clause", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(32), nullable=True),
        sa.Column("at_instant", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=512), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_id", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_finding_area_id")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_finding_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_finding_person_id")),
        sa.ForeignKeyConstraint(["withdrawn_by_id"], ["person.id"], name=op.f("fk_finding_withdrawn_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.create_index("ix_finding_person_id", ["person_id"], unique=False)
        batch_op.create_index("ix_finding_state_area_id", ["state", "area_id"], unique=False)

    op.create_table(
        "settlement",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("village_id", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("halves", sa.JSON(), nullable=False),
        sa.Column("trips", sa.JSON(), nullable=False),
        sa.Column("finding_id", sa.BigInteger(), nullable=True),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(32), nullable=True),
        sa.Column("at_instant", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_by_id", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_settlement_by_id")),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_settlement_finding_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_settlement_person_id")),
        sa.ForeignKeyConstraint(["undone_by_id"], ["person.id"], name=op.f("fk_settlement_undone_by_id")),
        sa.ForeignKeyConstraint(["village_id"], ["area.id"], name=op.f("fk_settlement_village_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement")),
    )
    with op.batch_alter_table("settlement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_settlement_person_id"), ["person_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("settlement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_settlement_person_id"))

    op.drop_table("settlement")
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.drop_index("ix_finding_state_area_id")
        batch_op.drop_index("ix_finding_person_id")

    op.drop_table("finding")
