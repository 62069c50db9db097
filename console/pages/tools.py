"""Tools: what a message or a chain says, and whether it would be believed."""

import base64
import binascii
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template, request

from console.model.certificate import Field, decoded
from console.pages.who import reader
from exi import ExiError, Schema, decode
from exi.bits import MAX_MESSAGE_BYTES
from exi.json_form import message_to_json
from foundation.clock import Clock, parse_time
from foundation.errors import Kind, ServiceError
from pki.model.chain_parser import parse_chain
from pki.model.roles import CertificateRole
from pki.operations.validate import ValidateChain

_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class ToolPages:
    """What these pages translate for."""

    validate: ValidateChain
    clock: Clock


@dataclass(frozen=True, slots=True)
class Shown:
    """One certificate of a pasted chain."""

    subject: str
    fields: tuple[Field, ...]


def tools_pages(operations: ToolPages) -> Blueprint:
    """Return the tools; what is pasted is kept nowhere."""
    pages = Blueprint("tools", __name__, url_prefix="/tools")

    @pages.get("")
    def show() -> str:
        reader()
        return _page({})

    @pages.post("/chain")
    def chain() -> str:
        reader()
        role = _role(request.form.get("role", ""))
        at = _moment(request.form.get("at", "").strip(), operations.clock)
        certificates = parse_chain(request.form.get("chain", "").encode())
        verdict = operations.validate(certificates, role, at)
        return _page({"chain": [_shown(der) for der in certificates], "verdict": verdict, "at": at})

    @pages.post("/exi")
    def exi() -> str:
        reader()
        message = _from_base64(request.form.get("message", ""))
        read = _reading(message)
        return _page({"exi": read(Schema(_schema(request.form.get("schema", ""))))})

    return pages


def _page(found: dict[str, object]) -> str:
    return render_template(
        "tools.html",
        title="Tools",
        roles=[role.value for role in CertificateRole],
        schemas=[schema.value for schema in Schema],
        found=found,
    )


def _shown(der: bytes) -> Shown:
    try:
        fields = decoded(der)
    except ValueError:
        return Shown("cannot be read", ())
    return Shown(next(field.value for field in fields if field.name == "Subject"), fields)


def _role(text: str) -> CertificateRole | None:
    if not text:
        return None
    try:
        return CertificateRole(text)
    except ValueError:
        raise ServiceError(
            Kind.MALFORMED, "invalid_role", "choose a role of the list", {"role": "none of them"}
        ) from None


def _moment(text: str, clock: Clock) -> datetime:
    try:
        return parse_time(text) if text else clock()
    except ValueError:
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_time",
            "write a time with its zone, such as 2026-11-27T09:30:00Z",
            {"at": "no time"},
        ) from None


def _schema(text: str) -> str:
    if text not in {schema.value for schema in Schema}:
        raise ServiceError(Kind.MALFORMED, "invalid_schema", "choose a schema of the list")
    return text


def _from_base64(text: str) -> bytes:
    try:
        message = base64.b64decode(_BLANKS.sub("", text), validate=True)
    except (binascii.Error, ValueError):
        message = b""
    if not 0 < len(message) <= MAX_MESSAGE_BYTES:
        raise ServiceError(
            Kind.MALFORMED,
            "message_unreadable",
            f"paste the message in base64, up to {MAX_MESSAGE_BYTES} bytes",
        )
    return message


def _reading(message: bytes) -> Callable[[Schema], str]:
    def read(schema: Schema) -> str:
        try:
            return json.dumps(message_to_json(decode(message, schema)), indent=2)
        except ExiError as failure:
            raise ServiceError(
                Kind.MALFORMED, "exi_unreadable", f"no message of {schema.value}: {failure}"
            ) from failure

    return read
