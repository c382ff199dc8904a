"""Conversations: what a person says → an action or a query → words and buttons."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line takes words from here and must start fast
    from aiogram import Router

FEATURES = (
    "start",  # strangers stop here
    "notice_replies",  # a reply to a notice is one whatever else is being talked about
    "arrivals",  # what the fetcher says, before anybody takes it for a sentence
    "emergency",  # in any state, before anybody takes it for a sentence
    "emergency_replies",
    "meant",  # before a sentence is taken for the one that is awaited
    "checkin",
    "notice_inbox",
    "explanations",
    "trips",
    "trip_cards",
    "outings",
    "households",
    "household_changes",
    "visits",
    "leave",
    "leave_choices",
    "leave_review",
    "leave_attachments",
    "leave_calendar",
    "leave_cards",
    "leave_back",
    "leave_closures",
    "leave_form",
    "leave_for",
    "leave_for_cards",
    "duty",
    "duty_open",
    "duty_lists",
    "duty_swaps",
    "stand_ins",
    "teamday",
    "proxies",
    "corrections",
    "month_reopening",
    "months",
    "settling",
    "findings",
    "mine",
    "today",
    "lookup",
    "emergency_lists",
    "export",
    "papers",
    "circulars",
    "own_papers",
    "notices",
    "notice_who",
    "notice_preview",
    "notice_progress",
    "notice_review",
    "notice_lists",
    "task_due",
    "tasks",
    "figures",
    "figure_replies",
    "figure_lists",
    "figure_review",
    "figure_compose",
    "roster",
    "roster_papers",
    "invite",
    "settings",
    "calendar",
    "todo",
    "reminders",
    "location",
    "language",
    "morning",
    "help",  # catches the rest
)
"""The features in the order in which they are asked: what comes most often goes early, `help` catches the rest."""

CARDS = ("unreachable", "digests")
"""What only speaks up by itself, through the outbox."""


def routers() -> "list[Router]":
    """Every feature's router; the cards are registered on the way."""
    for name in CARDS:
        import_module(f"handlers.{name}")
    return [import_module(f"handlers.{feature}").router for feature in FEATURES]
