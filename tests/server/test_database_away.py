"""A database that does not answer is said to be that: 503, try again, and nothing of its words."""

import orjson
import pytest
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from server.problems import unexpected_refusal

WORDS = "connection to server at 10.0.0.7 failed: FATAL: password of evtrust"


@pytest.mark.parametrize(
    "failure",
    [
        OperationalError(WORDS, None, OSError(WORDS)),
        InterfaceError(WORDS, None, OSError(WORDS)),
        PoolTimeoutError(WORDS),
    ],
)
def test_the_asker_is_told_to_try_again(failure: Exception) -> None:
    status, body, headers = unexpected_refusal(failure).told("/v1/contracts")
    problem = orjson.loads(body)
    assert (status, problem["status"], problem["code"]) == (503, 503, "database_unavailable")
    assert headers["Retry-After"]
    assert problem["trace_id"]
    assert b"10.0.0.7" not in body


def test_everything_else_stays_unexpected() -> None:
    status, body, _ = unexpected_refusal(RuntimeError(WORDS)).told("/v1/contracts")
    assert (status, orjson.loads(body)["code"]) == (500, "unexpected")
