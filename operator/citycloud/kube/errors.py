"""What can go wrong on the wire, mapped from the Status that the API server answers with.

ApiError
├── Unreachable        no answer: refused, reset, timed out
├── Unauthorized       401: the token is not, or no longer, valid
├── Forbidden          403: RBAC, quota, a namespace that is going away, or an admission policy
├── NotFound           404: the object, its namespace or its kind is not there
├── Conflict           409: somebody else holds a field or the name
├── Gone               410: a watch has to start over with a list
├── Invalid            400, 413 and 422: the object itself is wrong; trying again does not help
├── TooManyRequests    429: wait as told
└── ServerError        5xx: wait and try again
"""

import json
from typing import Final


class ApiError(Exception):
    """The API server did not do what was asked."""

    def __init__(self, message: str, *, code: int = 0, reason: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.reason = reason
        self.retry_after = retry_after


class Unreachable(ApiError):
    """No answer came: refused, reset or timed out."""


class Unauthorized(ApiError):
    """The token is not valid."""


class Forbidden(ApiError):
    """The right is missing, or an admission policy or quota says no."""


class NotFound(ApiError):
    """The object, its namespace or its kind is not there."""


class Conflict(ApiError):
    """Somebody else holds the name or the field."""


class Gone(ApiError):
    """The resource version is too old; list again."""


class Invalid(ApiError):
    """The object itself is wrong."""


class TooManyRequests(ApiError):
    """The server asks for patience."""


class ServerError(ApiError):
    """The server is in trouble."""


_BY_CODE: Final[dict[int, type[ApiError]]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    413: Invalid,
    422: Invalid,
    429: TooManyRequests,
}


def from_answer(*, code: int, body: bytes, retry_after: str | None = None) -> ApiError:
    """Read the error out of an answer; a body that is no Status is quoted, shortened."""
    reason, message = "", body[:300].decode(errors="replace")
    try:
        status = json.loads(body)
    except ValueError:
        status = None
    if isinstance(status, dict):
        reason, message = str(status.get("reason", "")), str(status.get("message", message))
    kind = _BY_CODE.get(code, ServerError if code >= 500 else ApiError)
    seconds = float(retry_after) if retry_after and retry_after.isdigit() else None
    return kind(message, code=code, reason=reason, retry_after=seconds)
