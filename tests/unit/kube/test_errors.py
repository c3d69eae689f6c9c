"""What the API server's answers mean: which error, with whose words, and how long to wait."""

import json

import pytest

from citycloud.kube import errors


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, errors.Invalid),
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (405, errors.ApiError),
        (409, errors.Conflict),
        (410, errors.Gone),
        (413, errors.Invalid),
        (415, errors.ApiError),
        (422, errors.Invalid),
        (429, errors.TooManyRequests),
        (500, errors.ServerError),
        (503, errors.ServerError),
        (504, errors.ServerError),
        (599, errors.ServerError),
    ],
)
def test_a_status_code_is_one_kind_of_error(code: int, kind: type[errors.ApiError]) -> None:
    error = errors.from_answer(code=code, body=b"")

    assert type(error) is kind
    assert error.code == code


@pytest.mark.parametrize(
    ("body", "message", "reason"),
    [
        (json.dumps({"kind": "Status", "message": "quota exceeded", "reason": "Forbidden"}).encode(), "quota exceeded", "Forbidden"),
        (json.dumps({"message": "vượt hạn mức / over quota"}).encode(), "vượt hạn mức / over quota", ""),
        (b"404 page not found\n", "404 page not found\n", ""),
        (b"", "", ""),
        (b'["a", "list"]', '["a", "list"]', ""),
        (b"null", "null", ""),
        (b"{}", "{}", ""),
        (b"\xff\xfe<html>", "\ufffd\ufffd<html>", ""),
    ],
)
def test_the_servers_own_words_are_kept(body: bytes, message: str, reason: str) -> None:
    error = errors.from_answer(code=403, body=body)

    assert (error.message, error.reason, str(error)) == (message, reason, message)


def test_a_page_that_is_no_status_is_shortened() -> None:
    assert len(errors.from_answer(code=502, body=b"x" * 100_000).message) == 300


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("", None), ("7", 7.0), ("0", 0.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None), ("1.5", None)],
)
def test_the_servers_wish_for_a_pause_is_read(header: str | None, seconds: float | None) -> None:
    assert errors.from_answer(code=429, body=b"", retry_after=header).retry_after == seconds


def test_no_answer_at_all_has_no_code() -> None:
    assert errors.Unreachable("no answer").code == 0
    assert issubclass(errors.Unreachable, errors.ApiError)
