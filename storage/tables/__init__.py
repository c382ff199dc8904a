"""The tables, one file a noun."""

from policy.delivery import Lane
from storage.tables.areas import Area, CalendarDay, DispatchingUnit, Setting, Site
from storage.tables.attendance import (
    CheckIn,
    CheckInCorrection,
    Day,
    Explanation,
    Facts,
    OfficialTrip,
    Outing,
    Verdict,
)
from storage.tables.audit import Audit, IdBlock
from storage.tables.base import Base
from storage.tables.duty import DutyDay, DutyPeriod, DutySwap, SwapState
from storage.tables.emergency import EmergencyAsked, EmergencyRollCall, SafetyReply
from storage.tables.figures import FigureAsked, FigureField, FigureReply, FigureRequest, FigureReview, FigureValue
from storage.tables.households import Household, HouseholdChange
from storage.tables.leave import LeaveAttachment, LeaveClosure, LeaveDecision, LeaveRequest, LeaveReturn, LeaveState
from storage.tables.messages import Conversation, Inbox, InboxState, Outbox, OutboxHold, OutboxState
from storage.tables.months import MonthLock, MonthReopening
from storage.tables.notices import Notice, NoticeRecipient, NoticeReply, NoticeState, ReadReceipt
from storage.tables.people import Chat, Invitation, Person, PersonRole
from storage.tables.settling import Finding, Settlement
from storage.tables.stand_ins import StandIn
from storage.tables.tasks import TaskReport
from storage.tables.ticks import Tick, TickState
from storage.tables.visits import HouseholdVisit, VisitCompanion, VisitHousehold, VisitPaper, VisitVersion

__all__ = [
    "Area",
    "Audit",
    "Base",
    "CalendarDay",
    "Chat",
    "CheckIn",
    "CheckInCorrection",
    "Conversation",
    "Day",
    "DispatchingUnit",
    "DutyDay",
    "DutyPeriod",
    "DutySwap",
    "EmergencyAsked",
    "EmergencyRollCall",
    "Explanation",
    "Facts",
    "FigureAsked",
    "FigureField",
    "FigureReply",
    "FigureRequest",
    "FigureReview",
    "FigureValue",
    "Finding",
    "Household",
    "HouseholdChange",
    "HouseholdVisit",
    "IdBlock",
    "Inbox",
    "InboxState",
    "Invitation",
    "Lane",
    "LeaveAttachment",
    "LeaveClosure",
    "LeaveDecision",
    "LeaveRequest",
    "LeaveReturn",
    "LeaveState",
    "MonthLock",
    "MonthReopening",
    "Notice",
    "NoticeRecipient",
    "NoticeReply",
    "NoticeState",
    "OfficialTrip",
    "Outbox",
    "OutboxHold",
    "OutboxState",
    "Outing",
    "Person",
    "PersonRole",
    "ReadReceipt",
    "SafetyReply",
    "Setting",
    "Settlement",
    "Site",
    "StandIn",
    "SwapState",
    "TaskReport",
    "Tick",
    "TickState",
    "Verdict",
    "VisitCompanion",
    "VisitHousehold",
    "VisitPaper",
    "VisitVersion",
]
