"""已落实: what recipients of a task notice say they have done, in a sentence or with a file. Clause 三（一）."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from policy.notices import AttachmentKind
from storage.tables.base import Base, named


class TaskReport(Base):
    """已落实 of one recipient, with what he added to it since; said anew, it takes the place of what was said before."""

    __tablename__ = "task_report"

    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id"), primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    done_at: Mapped[datetime]
    is_late: Mapped[bool]
    words: Mapped[str | None] = mapped_column(String(256))
    file_kind: Mapped[AttachmentKind | None] = mapped_column(named(AttachmentKind))
    # the channel's own id, by which it is shown
    file_id: Mapped[str | None] = mapped_column(String(256))
    file_name: Mapped[str | None] = mapped_column(String(128))
    # what it is called under DATA_DIR/files, by its content; None: not fetched yet
    kept_as: Mapped[str | None] = mapped_column(String(96))
