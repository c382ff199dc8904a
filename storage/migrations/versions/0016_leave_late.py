"""Why somebody is not back from his leave, in his own words (说明情况)."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("leave_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("late_reason", sa.String(length=512), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("leave_request", schema=None) as batch_op:
        batch_op.drop_column("late_reason")
