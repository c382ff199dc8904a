"""A second person's word on a request for figures that many get."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("figure_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("review", sa.String(32), nullable=True))
        batch_op.add_column(sa.Column("size", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("reviewed_by_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("returned_because", sa.String(length=512), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_figure_request_reviewed_by_id"), "person", ["reviewed_by_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("figure_request", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_figure_request_reviewed_by_id"), type_="foreignkey")
        for column in ("returned_because", "reviewed_at", "reviewed_by_id", "size", "review"):
            batch_op.drop_column(column)
