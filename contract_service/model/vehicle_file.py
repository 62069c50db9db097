"""Files of vehicles that a manufacturer publishes in bulk.

Each record has the members of OPCP's addOEMProvCert by their names. Certificates are base64 of DER
or PEM, which in CSV is quoted and runs over several lines; the key identifiers of V2G roots stand
there in one value with blanks between them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from contract_service.model.der_text import read_certificate_text
from contract_service.model.provisioning_control import LEAF, NAMESPACE, SUB_CA_1, SUB_CA_2
from contract_service.model.vehicle import VehicleToPublish
from exi.schema import Schema, schema_of
from foundation.errors import Kind, Refused, ServiceError
from foundation.record_file import (
    FileFormat,
    LineSource,
    Members,
    RecordForm,
    read_records,
    text_of,
)

MAXIMUM_RECORD_BYTES = 16_384
"""Own judgement: three certificates of 1600 bytes have some 7 kB in PEM."""

MAXIMUM_KEY_IDS = 10
"""[V2G2-878]: a vehicle has at most ten V2G roots."""

V2G_ROOTS, PREVIOUS = "v2gRootAuthorityKeyIdentifiers", "previousPcid"
_FORM = RecordForm(
    required=frozenset({LEAF, SUB_CA_1}),
    optional=frozenset({SUB_CA_2, NAMESPACE, V2G_ROOTS, PREVIOUS}),
    maximum_bytes=MAXIMUM_RECORD_BYTES,
    lists=frozenset({V2G_ROOTS}),
)
_KEY_ID = re.compile(r"[0-9a-f]{2}(?::?[0-9a-f]{2}){0,31}")


@dataclass(frozen=True, slots=True)
class VehicleRecord:
    """A record that begins in line `line` (from 1): the vehicle, or why it cannot be read."""

    line: int
    vehicle: VehicleToPublish | Refused


def read_vehicles(file: LineSource, file_format: FileFormat) -> Iterator[VehicleRecord]:
    """Yield the records of a file in their order; blank lines are none.

    A record that cannot be read does not keep the others from being read. Raises MALFORMED
    `invalid_header` for a CSV file whose header names unknown columns or lacks one.
    """
    for record in read_records(file, file_format, _FORM):
        yield VehicleRecord(record.line, _read(record.members))


def key_ids(texts: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Return key identifiers as they are stored: lower-case hex, each once, in order."""
    return tuple(dict.fromkeys(text.replace(":", "").lower() for text in texts))


def _read(members: Members | Refused) -> VehicleToPublish | Refused:
    if isinstance(members, Refused):
        return members
    try:
        return _vehicle(members)
    except ServiceError as refusal:
        return Refused(refusal.code, refusal.detail, refusal.fields)


def _vehicle(members: Members) -> VehicleToPublish:
    sub_ca_2, previous = text_of(members, SUB_CA_2), text_of(members, PREVIOUS)
    return VehicleToPublish(
        certificate=read_certificate_text(str(members[LEAF]), LEAF),
        sub_ca_2=None if sub_ca_2 is None else read_certificate_text(sub_ca_2, SUB_CA_2),
        sub_ca_1=read_certificate_text(str(members[SUB_CA_1]), SUB_CA_1),
        schema=_schema(text_of(members, NAMESPACE)),
        v2g_root_key_ids=_key_ids(members.get(V2G_ROOTS)),
        previous_pcid=previous,
    )


def _schema(namespace: str | None) -> Schema:
    schema = Schema.ISO15118_2 if namespace is None else schema_of(namespace)
    if schema is None:
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_record",
            "no edition of ISO 15118 has this namespace",
            {NAMESPACE: "unknown"},
        )
    return schema


def _key_ids(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if (
        not isinstance(value, list)
        or not 1 <= len(value) <= MAXIMUM_KEY_IDS
        or not all(isinstance(one, str) and _KEY_ID.fullmatch(one.lower()) for one in value)
    ):
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_record",
            f"give up to {MAXIMUM_KEY_IDS} key identifiers in hex",
            {V2G_ROOTS: "not key identifiers"},
        )
    return key_ids(value)
