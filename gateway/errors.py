"""What can go wrong, on either side of the messenger."""


class ApiError(Exception):
    """An answer of the Bot API: `code` is the HTTP status, `description` the words Telegram uses for it."""

    def __init__(self, code: int, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.retry_after = retry_after


def bad_request(description: str) -> ApiError:
    return ApiError(400, f"Bad Request: {description}")


class PageError(Exception):
    """A refusal on the person's side. `code` names it for the page, which has the words; `reason` is plain English."""

    def __init__(self, status: int, code: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.code = code
        self.reason = reason
