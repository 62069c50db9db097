"""`evtrust autocharge verify-receipt` and `receipt-keys`: what proves an erasure, later."""

from pathlib import Path
from typing import IO, Protocol

import click
import orjson

from autocharge.operations.erase import CheckReceipt
from autocharge.operations.erasure_ports import PublishedKeys
from foundation.errors import Kind, ServiceError
from participants.tokens import MAXIMUM_RECEIPT_LENGTH, key_of_jwk, verify_receipt
from server.cli.output import emit, json_option

_MAXIMUM_KEYS_BYTES = 1 << 20


class ReceiptServices(Protocol):
    """What these commands need of the wired services."""

    @property
    def check_receipt(self) -> CheckReceipt:
        """Tells a receipt from any other text."""

    @property
    def published_receipt_keys(self) -> PublishedKeys:
        """The keys that verify receipts."""


@click.command("verify-receipt")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--keys",
    "keys_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A published key set (JWKS) instead of this installation's own keys.",
)
@json_option
@click.pass_obj
def verify_receipt_command(
    services: ReceiptServices, file: IO[bytes], keys_file: Path | None, as_json: bool
) -> None:
    """Say what the receipt in FILE (`-`: standard input) proves; exits 1 where it is not genuine.

    FILE holds the compact JWS, or the answer of `POST /v1/autocharge/erasures` or of `erase`.
    """
    receipt = _receipt_in(file.read(2 * MAXIMUM_RECEIPT_LENGTH + 1))
    recorded: bool | None = None
    if keys_file is None:
        verified = services.check_receipt(receipt)
        statement, recorded = verified.statement, verified.recorded
    else:
        found = verify_receipt(receipt, _keys_in(keys_file))
        if found is None:
            raise ServiceError(
                Kind.INVALID, "receipt_invalid", "none of these keys signed this receipt"
            )
        statement = dict(found)
    deleted = statement.get("deleted")
    emit(
        {"valid": True, "recorded": recorded, "statement": statement},
        as_json=as_json,
        human=f"genuine: {statement.get('iss')} erased {statement.get('sub')} at "
        f"{statement.get('erased_at')}; deleted: {deleted}",
    )


@click.command("receipt-keys")
@json_option
@click.pass_obj
def receipt_keys_command(services: ReceiptServices, as_json: bool) -> None:
    """Print the key set (JWKS) that verifies receipts, to publish it: JSON either way."""
    published = {"keys": [dict(key) for key in services.published_receipt_keys()]}
    emit(published, as_json=as_json, human=orjson.dumps(published).decode())


def _receipt_in(content: bytes) -> str:
    """Return the receipt that stands alone in a file, or as `receipt` in a JSON object."""
    text = content.decode("utf-8", "replace").strip()
    if text.startswith("{"):
        try:
            answered = orjson.loads(text)
        except orjson.JSONDecodeError:
            answered = {}
        text = str(answered.get("receipt", ""))
    return text


def _keys_in(path: Path) -> dict[str, bytes]:
    try:
        with path.open("rb") as file:
            published = orjson.loads(file.read(_MAXIMUM_KEYS_BYTES))
        return dict(key_of_jwk(key) for key in published["keys"])
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError) as failure:
        raise ServiceError(
            Kind.MALFORMED, "keys_unreadable", "the key file is no JWK set of P-256 keys"
        ) from failure
