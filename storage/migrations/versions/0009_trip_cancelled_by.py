"""Who cancelled a trip: only that one brings it back."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("official_trip", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cancelled_by_id", sa.BigInteger(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_official_trip_cancelled_by_id"), "person", ["cancelled_by_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("official_trip", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_official_trip_cancelled_by_id"), type_="foreignkey")
        batch_op.drop_column("cancelled_by_id")
