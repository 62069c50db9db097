"""The search box: what was typed leads to the thing itself."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from console.model.search import MAX_CHARACTERS, Thing
from console.operations.find_anything import FindAnything, Hit
from console.pages.who import reader
from foundation.errors import Kind, ServiceError

PAGES: dict[Thing, tuple[str, str]] = {
    Thing.DECISION: ("decisions.show", "reference"),
    Thing.CONTRACT: ("contracts.show", "contract_id"),
    Thing.VEHICLE: ("vehicles.show", "enrolment_id"),
    Thing.CERTIFICATE: ("certificates.show", "fingerprint"),
    Thing.STATION: ("stations.show", "station_id"),
    Thing.PARTICIPANT: ("participants.show", "client_id"),
}
"""Thing -> the endpoint that shows it, and what the endpoint calls the key."""


@dataclass(frozen=True, slots=True)
class FoundPage:
    """One hit with its link."""

    hit: Hit
    path: str


def find_pages(find_anything: FindAnything) -> Blueprint:
    """Return the search; it takes forms only, so that what was typed stands in no log."""
    pages = Blueprint("find", __name__, url_prefix="/find")

    @pages.post("")
    def find() -> str | Response:
        principal, text = reader(), request.form.get("text", "").strip()
        if not text or len(text) > MAX_CHARACTERS:
            raise ServiceError(
                Kind.MALFORMED, "nothing_to_find", f"write 1 to {MAX_CHARACTERS} characters"
            )
        found = find_anything(principal, text)
        hits = [FoundPage(hit, _path(hit)) for hit in found.hits]
        if len(hits) == 1:
            return redirect(hits[0].path)
        return render_template("found.html", title="Found", hits=hits, tried=found.tried)

    return pages


def _path(hit: Hit) -> str:
    endpoint, name = PAGES[hit.thing]
    key: dict[str, Any] = {name: hit.key}
    return url_for(endpoint, **key)
