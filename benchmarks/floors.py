"""What a server costs that does nothing: the floors that every row is judged against."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ANSWER = b'{"status":"empty"}'

flask_floor = Flask("floor", static_folder=None)
"""An empty Flask handler."""


@flask_floor.route("/", methods=["GET", "POST"])
def empty() -> Response:
    return Response(ANSWER, content_type="application/json")


def wsgi_floor(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer without looking at the request (PEP 3333)."""
    start_response(
        "200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(ANSWER)))]
    )
    return [ANSWER]
