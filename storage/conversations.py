"""What a chat is in the middle of (law 11): in the same transaction as everything else."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from policy.authority import Viewer
from storage.people import Speaker
from storage.tables import Chat, Conversation

EXPIRES_AFTER = timedelta(hours=24)
_LEFT_AT = "left_at"
_DRAFTS, _MATTER = "drafts", "matter"
_OURS = frozenset({_DRAFTS, _MATTER})


class Dialogue:
    """One chat's conversation state, as a handler sees it. Writes a row only when something changes."""

    def __init__(self, session: AsyncSession, speaker: Speaker | None, now: datetime) -> None:
        row = speaker.conversation if speaker is not None else None
        self._session = session
        self._speaker = speaker
        self._row = row
        self._now = now
        self.has_expired = row is not None and row.state is not None and now - row.updated_at > EXPIRES_AFTER
        self._before = None if row is None else (row.state, row.data, row.updated_at)

    @property
    def row(self) -> Conversation | None:
        """The stored row, if there is one."""
        return self._row

    @property
    def state(self) -> str | None:
        """The sentence or press that is awaited; None: nothing, or it has expired."""
        return None if self._row is None or self.has_expired else self._row.state

    @property
    def data(self) -> dict[str, Any]:
        """What has been gathered so far. Change it through `to` only."""
        if self._row is None or self.has_expired:
            return {}
        return self._gathered()

    @property
    def matter(self) -> int:
        """The number of what is being talked about in this chat, or was last: it grows with each matter that begins."""
        return 0 if self._row is None else int(self._row.data.get(_MATTER, 0))

    @property
    def drafts(self) -> dict[str, Any]:
        """Answers begun and left within a day, by the state that awaited them; the newest last."""
        return {
            state: {key: value for key, value in draft.items() if key != _LEFT_AT}
            for state, draft in self._drafts().items()
        }

    def to(self, state: str, **data: Any) -> None:
        """Await something: `state` names it, `data` replaces what was gathered. Drafts of other things stay."""
        begun = self.state is None or _family(self.state) != _family(state)
        self._write(state, data, self._drafts(but_not={state}), self.matter + begun)

    def leave(self) -> None:
        """Go elsewhere with a sentence still awaited: what was gathered, if anything, is kept to be offered again."""
        if self._row is None or self.state is None:
            return
        drafts = self._drafts(but_not={self.state})
        if gathered := self._gathered():
            drafts[self.state] = {**gathered, _LEFT_AT: self._now.isoformat()}
        self._write(None, {}, drafts)

    def end(self, *others: str) -> None:
        """Nothing is awaited any more. Drafts of other things stay, but for those of `others`, done with as well."""
        if self._row is not None and (self._row.state is not None or self._row.data.keys() - {_MATTER}):
            self._write(None, {}, self._drafts(but_not={self._row.state, *others}))

    def drop(self, *states: str) -> None:
        """Drafts of these states go; whatever is awaited stays so."""
        if self._row is not None and self._drafts().keys() & set(states):
            self._write(self.state, self.data, self._drafts(but_not=states))

    def forget(self) -> None:
        """Nothing is awaited any more, and nothing is kept."""
        if self._row is not None and (self._row.state is not None or self._row.data.keys() - {_MATTER}):
            self._write(None, {}, {})

    def restore(self) -> None:
        """Put everything back as it was before this turn: a refusal leaves nothing behind (law 2)."""
        if self._row is None:
            return
        if self._before is not None:
            self._row.state, self._row.data, self._row.updated_at = self._before
        elif self._row in self._session.new:
            self._session.expunge(self._row)
            self._keep(None)
        else:
            self._row.state, self._row.data = None, {}

    def _gathered(self) -> dict[str, Any]:
        held = self._row.data if self._row is not None else {}
        return {key: value for key, value in held.items() if key not in _OURS}

    def _drafts(self, but_not: Collection[str | None] = ()) -> dict[str, Any]:
        kept: dict[str, Any] = self._row.data.get(_DRAFTS, {}) if self._row is not None else {}
        return {
            state: draft
            for state, draft in kept.items()
            if state not in but_not and self._now - datetime.fromisoformat(draft[_LEFT_AT]) <= EXPIRES_AFTER
        }

    def _write(
        self, state: str | None, gathered: dict[str, Any], drafts: dict[str, Any], matter: int | None = None
    ) -> None:
        data = {**gathered, _MATTER: self.matter if matter is None else matter}
        if drafts:
            data[_DRAFTS] = drafts
        if self._speaker is None or self._speaker.chat is None:
            raise RuntimeError("a conversation needs a chat")
        self.has_expired = False
        if self._row is None:
            row = Conversation(chat_id=self._speaker.chat.id, state=state, data=data, updated_at=self._now)
            self._session.add(row)
            self._keep(row)
        else:
            self._row.state, self._row.data, self._row.updated_at = state, data, self._now

    def _keep(self, row: Conversation | None) -> None:
        self._row = row
        if self._speaker is not None:
            self._speaker.conversation = row  # the next update of this chat in the same batch sees it


def _family(state: str) -> str:
    """States that may follow each other within one matter: figures.new.title, figures.new.due."""
    return state.rpartition(".")[0]


async def open_in(
    session: AsyncSession, viewer: Viewer, state: str, now: datetime
) -> tuple[dict[str, Any], int] | None:
    """What the viewer's conversation holds while `state` awaits something, and the number of its matter; None: it doesn't.

    For a card that is made while nobody speaks.
    """
    query = select(Conversation).join(Chat, Conversation.chat_id == Chat.id)
    query = query.where(Chat.person_id == (viewer.person_id or 0), Conversation.state == state)
    row = (await session.scalars(query.order_by(Conversation.updated_at.desc()).limit(1))).first()
    if row is None or now - row.updated_at > EXPIRES_AFTER:
        return None
    return {key: value for key, value in row.data.items() if key not in _OURS}, int(row.data.get(_MATTER, 0))
