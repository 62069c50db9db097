"""A database that does not answer is no fault of the asker's: 503, to be tried again."""

import json

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionLeftError

from server.problems import MEDIA_TYPE, unexpected_refusal


@pytest.mark.parametrize(
    "failure",
    [
        OperationalError("SELECT", {}, OSError("host db.internal is gone")),
        NoConnectionLeftError("QueuePool limit of size 20 reached"),
    ],
)
def test_a_database_that_is_away_is_503_and_tells_no_more(failure: Exception) -> None:
    status, body, headers = unexpected_refusal(failure).told("/v1/contracts")
    assert status == 503
    assert int(headers["Retry-After"]) > 0
    problem = json.loads(body)
    assert problem["code"] == "database_unavailable"
    assert problem["trace_id"]
    assert b"internal" not in body
    assert b"Pool" not in body


def test_another_error_of_the_database_is_ours() -> None:
    status, _, headers = unexpected_refusal(IntegrityError("INSERT", {}, OSError("unique"))).told(
        "/v1/contracts"
    )
    assert status == 500
    assert headers == {"Content-Type": MEDIA_TYPE}
