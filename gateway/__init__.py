"""A small messenger of our own: a Bot API server and a phone page over one SQLite database.

It knows nothing of the rest of the project. A bot talks to it over HTTP just as to Telegram; people talk to the bot
through the page. Start it with `Gateway.start`, or alone with `python -m gateway`.
"""

from gateway.server import Gateway, SamplePerson

__all__ = ["Gateway", "SamplePerson"]
