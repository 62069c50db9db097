"""Answers that bring no contract, which have to hold every mandatory element all the same."""

from contract_service.model.contract_data import InstallationAction
from contract_service.model.installation import (
    RESPONSE_CODES_2,
    RESPONSE_CODES_20,
    Objection,
)
from contract_service.model.prepared_answer import NO_SESSION
from exi import Schema, encode
from exi.messages import iso15118_2, iso15118_20
from exi.messages.iso15118_20 import ECDHCurve, EVSEProcessing

_NOTHING = b"\x00"
_NO_EMAID = "0" * 14
"""Nobody's: no country is called 00. The schema wants 14 characters at least."""


def response_code(schema: Schema, objection: Objection) -> str:
    """Return the response code that tells a vehicle of an objection."""
    table = RESPONSE_CODES_2 if schema is Schema.ISO15118_2 else RESPONSE_CODES_20
    return table[objection].value


def negative_answer(
    schema: Schema,
    action: InstallationAction,
    objection: Objection,
    session_id: bytes | None,
    *,
    seconds: int,
) -> bytes:
    """Return a whole answer as raw EXI that says why there is no contract; it is not signed.

    `session_id` is the request's, None where none could be read; `seconds` Unix time. Mandatory
    elements hold zeros, of the sizes that the schema wants, so that every decoder reads them.
    """
    if schema is Schema.ISO15118_20:
        length = len(session_id or b"")
        return _negative_20(objection, session_id if session_id and length == 8 else None, seconds)
    chain = iso15118_2.CertificateChain(certificate=_NOTHING)
    cls = (
        iso15118_2.CertificateInstallationRes
        if action is InstallationAction.INSTALL
        else iso15118_2.CertificateUpdateRes
    )
    body = cls(
        response_code=RESPONSE_CODES_2[objection],
        provisioning_service_chain=chain,
        contract_chain=chain,
        encrypted_private_key=iso15118_2.ContractSignatureEncryptedPrivateKey(
            id="id1", value=_NOTHING
        ),
        dh_public_key=iso15118_2.DHPublicKey(id="id2", value=_NOTHING),
        emaid=iso15118_2.EMAID(id="id3", value=_NO_EMAID),
    )
    header = iso15118_2.Header(session_id=NO_SESSION if session_id is None else session_id)
    return encode(iso15118_2.V2GMessage(header=header, body=body))


def _negative_20(objection: Objection, session_id: bytes | None, seconds: int) -> bytes:
    data = iso15118_20.SignedInstallationData(
        id="id1",
        contract_chain=iso15118_20.ContractCertificateChain(
            certificate=_NOTHING, sub_certificates=(_NOTHING,)
        ),
        ecdh_curve=ECDHCurve.SECP521,
        dh_public_key=bytes(133),
        secp521_encrypted_private_key=bytes(94),
    )
    return encode(
        iso15118_20.CertificateInstallationRes(
            header=iso15118_20.Header(session_id=session_id or NO_SESSION, timestamp=seconds),
            response_code=RESPONSE_CODES_20[objection],
            evse_processing=EVSEProcessing.FINISHED,
            provisioning_service_chain=iso15118_20.CertificateChain(certificate=_NOTHING),
            signed_installation_data=data,
            remaining_contract_chains=0,
        )
    )
