"""Pictures and files that go along with a leave: several of them, in a table of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_FIRST = {
    "file_id": """
        UPDATE leave_request SET file_id = (
            SELECT file_id FROM leave_attachment WHERE leave_id = leave_request.id ORDER BY id LIMIT 1
        )
    """,
    "file_name": """
        UPDATE leave_request SET file_name = (
            SELECT file_name FROM leave_attachment WHERE leave_id = leave_request.id ORDER BY id LIMIT 1
        )
    """,
}


def upgrade() -> None:
    op.create_table(
        "leave_attachment",
        sa.Column("leave_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("file_id", sa.String(length=256), nullable=False),
        sa.Column("file_name", sa.String(length=128), nullable=False),
        sa.Column("kept_as", sa.String(length=96), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["added_by_id"], ["person.id"], name=op.f("fk_leave_attachment_added_by_id")),
        sa.ForeignKeyConstraint(["leave_id"], ["leave_request.id"], name=op.f("fk_leave_attachment_leave_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave_attachment")),
    )
    with op.batch_alter_table("leave_attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_leave_attachment_leave_id"), ["leave_id"], unique=False)
    op.execute(
        """
        INSERT INTO leave_attachment (id, leave_id, kind, file_id, file_name, added_at, added_by_id)
        SELECT id, id, 'DOCUMENT', file_id, coalesce(file_name, ''), asked_at, asked_by_id
        FROM leave_request WHERE file_id IS NOT NULL
        """
    )
    with op.batch_alter_table("leave_request", schema=None) as batch_op:
        batch_op.drop_column("file_name")
        batch_op.drop_column("file_id")


def downgrade() -> None:
    with op.batch_alter_table("leave_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("file_id", sa.String(length=256), nullable=True))
        batch_op.add_column(sa.Column("file_name", sa.String(length=128), nullable=True))
    for column in ("file_id", "file_name"):
        op.execute(_FIRST[column])
    op.drop_table("leave_attachment")
