"""What the software refuses: a code, the rule's clause and the facts; the words are made in `handlers/`."""

from enum import StrEnum
from typing import Any

LOCAL = "local"
"""Stands for 本县规定: the rule is a setting of the county, not a clause of the source document."""


class Code(StrEnum):
    """Every reason to refuse. `handlers/refusals.py` has words for each; a test holds the two together."""

    # authority and identity
    NOT_ALLOWED = "not_allowed"
    NOT_YOURSELF = "not_yourself"
    NOT_FOUND = "not_found"
    ALREADY_DECIDED = "already_decided"
    TOKEN_UNKNOWN = "token_unknown"  # noqa: S105 -- a code, not a secret
    TOKEN_USED = "token_used"  # noqa: S105
    TOKEN_EXPIRED = "token_expired"  # noqa: S105
    TOKEN_TRIES = "token_tries"  # noqa: S105
    ROLE_ENDED = "role_ended"
    CHAT_TAKEN = "chat_taken"
    PERSON_BOUND = "person_bound"
    TEXT_TOO_LONG = "text_too_long"
    TEXT_EMPTY = "text_empty"

    # positions and check-in
    POSITION_INVALID = "position_invalid"
    POSITION_FORWARDED = "position_forwarded"
    POSITION_TOO_OLD = "position_too_old"
    VILLAGE_WITHOUT_SITE = "village_without_site"
    CHECKIN_OFF = "checkin_off"
    CHECKIN_CLOSED = "checkin_closed"

    # trips and outings
    TRIP_ENDS_BEFORE_START = "trip_ends_before_start"
    TRIP_OVERLAPS = "trip_overlaps"
    TRIP_OVERLAPS_LEAVE = "trip_overlaps_leave"
    TRIP_TOO_LONG = "trip_too_long"
    TRIP_TOO_OLD = "trip_too_old"
    TRIP_TOO_FAR = "trip_too_far"
    TRIP_ENDED = "trip_ended"
    TRIP_WITHOUT_PROOF = "trip_without_proof"
    TRIP_CANCELLED_BY_OTHER = "trip_cancelled_by_other"
    OUTING_ENDS_BEFORE_START = "outing_ends_before_start"
    OUTING_NOT_SAME_DAY = "outing_not_same_day"
    OUTING_TOO_LONG = "outing_too_long"

    # leave
    LEAVE_ENDS_BEFORE_START = "leave_ends_before_start"
    LEAVE_OVERLAPS = "leave_overlaps"
    LEAVE_OVERLAPS_TRIP = "leave_overlaps_trip"
    LEAVE_ALL_REST = "leave_all_rest"
    LEAVE_OVER_LIMIT = "leave_over_limit"
    LEAVE_TOO_OLD = "leave_too_old"
    LEAVE_TOO_FAR = "leave_too_far"
    LEAVE_TOO_LONG = "leave_too_long"
    LEAVE_BEGUN = "leave_begun"
    LEAVE_NOT_OVER = "leave_not_over"
    LEAVE_NOT_EXTENDED = "leave_not_extended"
    LEAVE_NOT_SHORTER = "leave_not_shorter"
    LEAVE_CLOSED = "leave_closed"
    LEAVE_ATTACHED_MANY = "leave_attached_many"
    LEAVE_NOT_ATTACHED_NOW = "leave_not_attached_now"
    LEAVE_ATTACHMENT_KEPT = "leave_attachment_kept"
    CLOSURE_PAST = "closure_past"
    CLOSURE_TOO_LONG = "closure_too_long"
    CLOSURE_NOBODY = "closure_nobody"
    CLOSURE_NAMESAKES = "closure_namesakes"
    LEAVE_COVER_LOW = "leave_cover_low"
    LEAVE_LAST_LEVEL = "leave_last_level"
    LEAVE_NOBODY_DECIDES = "leave_nobody_decides"

    # 值班
    DUTY_ENDS_BEFORE_START = "duty_ends_before_start"
    DUTY_PAST = "duty_past"
    DUTY_TOO_LONG = "duty_too_long"
    DUTY_TOO_FAR = "duty_too_far"
    DUTY_DUE = "duty_due"
    DUTY_OVERLAPS = "duty_overlaps"
    DUTY_NOBODY = "duty_nobody"
    DUTY_BEGUN = "duty_begun"
    DUTY_OVER = "duty_over"
    DUTY_DAY_PAST = "duty_day_past"
    DUTY_ON_LEAVE = "duty_on_leave"
    DUTY_NOT_OF_TEAM = "duty_not_of_team"
    DUTY_NO_DAY_BEFORE = "duty_no_day_before"
    DUTY_SWAP_CHANGED = "duty_swap_changed"
    DUTY_SWAP_WAITS = "duty_swap_waits"
    DUTY_SWAP_OVER = "duty_swap_over"
    LEAVE_NOT_EARNED = "leave_not_earned"

    # 代理
    STANDIN_ONESELF = "standin_oneself"
    STANDIN_ENDS_BEFORE_START = "standin_ends_before_start"
    STANDIN_PAST = "standin_past"
    STANDIN_TOO_LONG = "standin_too_long"
    STANDIN_NOT_STAFF = "standin_not_staff"
    STANDIN_OVERLAPS = "standin_overlaps"
    STANDIN_OVER = "standin_over"

    # what somebody else recorded
    OBJECTION_TOO_LATE = "objection_too_late"

    # corrections
    CORRECTION_TOO_LATE = "correction_too_late"
    CORRECTION_NOT_OVER = "correction_not_over"
    CORRECTION_NOT_NEEDED = "correction_not_needed"
    CORRECTIONS_USED_UP = "corrections_used_up"
    CORRECTION_WAITS = "correction_waits"
    EXPLANATION_WAITS = "explanation_waits"

    # 月结
    MONTH_LOCKED = "month_locked"
    MONTH_NOT_OVER = "month_not_over"
    MONTH_TOO_OLD = "month_too_old"
    MONTH_HAS_OPEN = "month_has_open"
    MONTH_NOT_LOCKED = "month_not_locked"
    MONTH_LOCK_STANDS = "month_lock_stands"
    SETTLED = "settled"
    SETTLE_FOUND = "settle_found"
    SETTLE_DECIDE_FIRST = "settle_decide_first"

    # visits
    VISIT_NOT_YET = "visit_not_yet"
    VISIT_TOO_LATE = "visit_too_late"
    VISIT_CLOSED = "visit_closed"
    VISIT_TOO_MANY = "visit_too_many"
    VISIT_PAPERS_FULL = "visit_papers_full"
    HOUSEHOLD_UNREADABLE = "household_unreadable"
    HOUSEHOLD_THERE = "household_there"
    HOUSEHOLD_GONE = "household_gone"

    # figures
    FIGURE_UNREADABLE = "figure_unreadable"
    FIGURE_FORBIDDEN = "figure_forbidden"
    FIGURE_TWICE = "figure_twice"
    FIGURE_INVALID = "figure_invalid"
    FIGURE_PRIVATE = "figure_private"
    FIGURES_NO_FIELD = "figures_no_field"
    FIGURES_MANY_FIELDS = "figures_many_fields"
    FIGURES_NO_BASIS = "figures_no_basis"
    FIGURES_BASIS_SHORT = "figures_basis_short"
    FIGURES_DUE_EARLY = "figures_due_early"
    FIGURES_DUE_FAR = "figures_due_far"
    FIGURES_NOBODY = "figures_nobody"
    FIGURES_NO_SECOND = "figures_no_second"
    FIGURES_TOO_LATE = "figures_too_late"
    FIGURES_OVER = "figures_over"
    FIGURES_REPORTED = "figures_reported"
    FIGURES_ALL_IN = "figures_all_in"
    FIGURES_NOT_THERE = "figures_not_there"
    # 应急
    EMERGENCY_NOBODY = "emergency_nobody"
    EMERGENCY_NO_SECOND = "emergency_no_second"
    EMERGENCY_OVER = "emergency_over"
    EMERGENCY_OWN_WORD = "emergency_own_word"
    EMERGENCY_NUMBERS_ONLY = "emergency_numbers_only"
    AREA_UNKNOWN = "area_unknown"
    AREA_AMBIGUOUS = "area_ambiguous"

    # settings
    SETTING_UNKNOWN = "setting_unknown"
    SETTING_INVALID = "setting_invalid"
    SETTING_ORDER = "setting_order"
    SETTING_NEEDS = "setting_needs"
    SETTING_UNCHANGED = "setting_unchanged"
    SETTING_PAST = "setting_past"
    SETTING_IN_FORCE = "setting_in_force"
    SETTING_AREA = "setting_area"
    SETTING_TWICE = "setting_twice"
    DATE_UNREADABLE = "date_unreadable"

    # the county's own calendar
    CALENDAR_PAST = "calendar_past"
    CALENDAR_TOO_FAR = "calendar_too_far"
    CALENDAR_SAME = "calendar_same"

    # notices
    NOTICE_TOO_LONG = "notice_too_long"
    NOTICE_FILE_TYPE = "notice_file_type"
    NOTICE_FILE_SIZE = "notice_file_size"
    NOTICE_DUE_PAST = "notice_due_past"
    NOTICE_DUE_FAR = "notice_due_far"
    NOTICE_OPEN_DAYS = "notice_open_days"
    NOTICE_NOBODY = "notice_nobody"
    NOTICE_NO_SECOND = "notice_no_second"
    NOTICE_NOT_NOW = "notice_not_now"
    NOTICE_CLOSED = "notice_closed"
    NOTICE_NO_RECEIPT = "notice_no_receipt"
    REMINDED_NOW = "reminded_now"
    REMINDED_OUT = "reminded_out"
    NOTICE_ALL_READ = "notice_all_read"
    NOTICE_NAMES_ABOVE = "notice_names_above"
    NOTICE_ANSWERED = "notice_answered"
    TASK_DUE_EARLY = "task_due_early"
    TASK_DUE_FAR = "task_due_far"
    TASK_ALL_DONE = "task_all_done"
    TASK_WORDS_FULL = "task_words_full"

    # cells of the roster workbook
    AREA_CODE_INVALID = "area_code_invalid"
    AREA_PARENT_UNKNOWN = "area_parent_unknown"
    AREA_PARENT_LEVEL = "area_parent_level"
    PHONE_INVALID = "phone_invalid"
    WORD_UNKNOWN = "word_unknown"
    ROLE_WRONG_LEVEL = "role_wrong_level"

    # the roster as a whole
    ROSTER_HAS_PROBLEMS = "roster_has_problems"
    ROSTER_STALE = "roster_stale"
    DATABASE_NOT_EMPTY = "database_not_empty"


class Refusal(Exception):  # noqa: N818 -- the domain's word; it is an answer, not a fault
    """A rule says no. Nothing has been written when it is raised.

    `clause` names the source's clause (`三（二）`) or is `LOCAL`; `fields` hold what the words need.
    """

    def __init__(self, code: Code, clause: str = LOCAL, **fields: Any) -> None:
        super().__init__(code.value)
        self.code = code
        self.clause = clause
        self.fields = fields

    def __reduce__(self) -> tuple[Any, ...]:
        # documents are built in another process, whose refusals come back pickled
        return _unpickled, (self.code, self.clause, self.fields)

    def __str__(self) -> str:
        facts = " ".join(f"{key}={value!r}" for key, value in self.fields.items())
        return f"{self.code} [{self.clause}] {facts}".rstrip()


def _unpickled(code: Code, clause: str, fields: dict[str, Any]) -> Refusal:
    return Refusal(code, clause, **fields)
