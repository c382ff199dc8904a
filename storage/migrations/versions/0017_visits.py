"""农户 and 走访: households, visits to them, their papers and earlier wordings."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "household",
        sa.Column("village_id", sa.BigInteger(), nullable=False),
        sa.Column("group_number", sa.BigInteger(), nullable=True),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("head_born", sa.BigInteger(), nullable=True),
        sa.Column("address", sa.String(length=128), nullable=True),
        sa.Column("members", sa.BigInteger(), nullable=True),
        sa.Column("others", sa.JSON(), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("paired_id", sa.BigInteger(), nullable=True),
        sa.Column("paired_name", sa.String(length=64), nullable=True),
        sa.Column("sounds", sa.String(length=160), nullable=False),
        sa.Column("initials", sa.String(length=32), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_on", sa.Date(), nullable=True),
        sa.Column("gone_reason", sa.String(length=200), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["paired_id"], ["person.id"], name=op.f("fk_household_paired_id")),
        sa.ForeignKeyConstraint(["village_id"], ["area.id"], name=op.f("fk_household_village_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
    )
    with op.batch_alter_table("household", schema=None) as batch_op:
        batch_op.create_index("ix_household_village_id_head", ["village_id", "head"], unique=False)
        batch_op.create_index("ix_household_village_id_initials", ["village_id", "initials"], unique=False)

    op.create_table(
        "household_visit",
        sa.Column("village_id", sa.BigInteger(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("duties", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_household_visit_by_id")),
        sa.ForeignKeyConstraint(["village_id"], ["area.id"], name=op.f("fk_household_visit_village_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_visit")),
    )
    with op.batch_alter_table("household_visit", schema=None) as batch_op:
        batch_op.create_index("ix_household_visit_by_id_on_date", ["by_id", "on_date"], unique=False)
        batch_op.create_index("ix_household_visit_village_id_on_date", ["village_id", "on_date"], unique=False)

    op.create_table(
        "household_change",
        sa.Column("household_id", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.Column("at_instant", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_household_change_by_id")),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_household_change_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_change")),
    )
    with op.batch_alter_table("household_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_household_change_household_id"), ["household_id"], unique=False)

    op.create_table(
        "visit_companion",
        sa.Column("visit_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_visit_companion_person_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["household_visit.id"], name=op.f("fk_visit_companion_visit_id")),
        sa.PrimaryKeyConstraint("visit_id", "person_id", name=op.f("pk_visit_companion")),
    )
    with op.batch_alter_table("visit_companion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_companion_person_id"), ["person_id"], unique=False)

    op.create_table(
        "visit_household",
        sa.Column("visit_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("household_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["household_id"], ["household.id"], name=op.f("fk_visit_household_household_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["household_visit.id"], name=op.f("fk_visit_household_visit_id")),
        sa.PrimaryKeyConstraint("visit_id", "household_id", name=op.f("pk_visit_household")),
    )
    with op.batch_alter_table("visit_household", schema=None) as batch_op:
        batch_op.create_index("ix_visit_household_household_id", ["household_id", "visit_id"], unique=False)

    op.create_table(
        "visit_paper",
        sa.Column("visit_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("file_id", sa.String(length=256), nullable=False),
        sa.Column("file_name", sa.String(length=128), nullable=True),
        sa.Column("kept_as", sa.String(length=96), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["household_visit.id"], name=op.f("fk_visit_paper_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_paper")),
    )
    with op.batch_alter_table("visit_paper", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_paper_visit_id"), ["visit_id"], unique=False)

    op.create_table(
        "visit_version",
        sa.Column("visit_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("duties", sa.JSON(), nullable=False),
        sa.Column("household_ids", sa.JSON(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("at_instant", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_visit_version_by_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["household_visit.id"], name=op.f("fk_visit_version_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_version")),
    )
    with op.batch_alter_table("visit_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_version_visit_id"), ["visit_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("visit_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visit_version_visit_id"))

    op.drop_table("visit_version")
    with op.batch_alter_table("visit_paper", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visit_paper_visit_id"))

    op.drop_table("visit_paper")
    with op.batch_alter_table("visit_household", schema=None) as batch_op:
        batch_op.drop_index("ix_visit_household_household_id")

    op.drop_table("visit_household")
    with op.batch_alter_table("visit_companion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_visit_companion_person_id"))

    op.drop_table("visit_companion")
    with op.batch_alter_table("household_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_household_change_household_id"))

    op.drop_table("household_change")
    with op.batch_alter_table("household_visit", schema=None) as batch_op:
        batch_op.drop_index("ix_household_visit_village_id_on_date")
        batch_op.drop_index("ix_household_visit_by_id_on_date")

    op.drop_table("household_visit")
    with op.batch_alter_table("household", schema=None) as batch_op:
        batch_op.drop_index("ix_household_village_id_initials")
        batch_op.drop_index("ix_household_village_id_head")

    op.drop_table("household")
