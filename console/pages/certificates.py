"""A certificate: decoded, judged, revoked."""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from console.model.certificate import decoded
from console.model.roles import Permission
from console.operations.reveal import Reveal
from console.pages.who import actor, person, reader
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from foundation.principal import Principal
from pki.model.certificate_reference import ByFingerprint
from pki.model.finding import Finding
from pki.model.issued import CertificateRecord
from pki.model.lint import lint
from pki.model.profile import Profile
from pki.model.roles import CertificateRole, CertificateStatus, RevocationReason
from pki.model.verdict import Verdict
from pki.operations.find_certificates import FindCertificates
from pki.operations.release import Release
from pki.operations.revoke import Revoke

PERSONAL = frozenset({CertificateRole.CONTRACT, CertificateRole.OEM_PROVISIONING})
"""Whose common name is an EMAID or a PCID."""

ProfileOf = Callable[[CertificateRecord], Profile | None]
ChainOf = Callable[[Principal, CertificateRecord], tuple[bytes, ...]]
Judge = Callable[[tuple[bytes, ...], CertificateRole], Verdict]


@dataclass(frozen=True, slots=True)
class CertificatePages:
    """What these pages translate for."""

    find: FindCertificates
    profile_of: ProfileOf
    chain_of: ChainOf
    judge: Judge
    revoke: Revoke
    release: Release
    reveal: Reveal
    clock: Clock


def certificates_pages(operations: CertificatePages) -> Blueprint:
    """Return the page of a certificate and what may be done with it."""
    pages = Blueprint("certificates", __name__, url_prefix="/certificates")

    @pages.get("/<fingerprint>")
    def show(fingerprint: str) -> str:
        return _page(operations, operations.find.by_fingerprint(reader(), fingerprint))

    @pages.post("/<fingerprint>/reveal")
    def reveal(fingerprint: str) -> str:
        record = operations.find.by_fingerprint(reader(), fingerprint)
        operations.reveal(actor(Permission.REVEAL), "certificate", record.fingerprint)
        return _page(operations, record, revealed=True)

    @pages.get("/<fingerprint>/certificate.cer")
    def download(fingerprint: str) -> Response:
        record = operations.find.by_fingerprint(reader(), fingerprint)
        if record.role in PERSONAL and not person().may(Permission.REVEAL):
            raise ServiceError(
                Kind.FORBIDDEN, "personal", "this certificate names a contract or a vehicle"
            )
        if record.role in PERSONAL:
            operations.reveal(actor(Permission.REVEAL), "certificate", record.fingerprint)
        response = Response(record.certificate, content_type="application/pkix-cert")
        response.headers["Content-Disposition"] = 'attachment; filename="certificate.cer"'
        return response

    @pages.post("/<fingerprint>/revoke")
    def revoke(fingerprint: str) -> WerkzeugResponse:
        principal = actor(Permission.CERTIFY)
        record = operations.find.by_fingerprint(reader(), fingerprint)
        reason = _reason(request.form.get("reason", ""))
        if request.form.get("serial", "").strip().upper().lstrip("0") != record.serial:
            raise ServiceError(
                Kind.INVALID,
                "not_confirmed",
                "write the certificate's serial number to confirm; nothing was revoked",
            )
        operations.revoke(principal, ByFingerprint(record.fingerprint), reason)
        flash(f"Revoked: {reason.value}.", "success")
        return redirect(url_for("certificates.show", fingerprint=record.fingerprint))

    @pages.post("/<fingerprint>/release")
    def release(fingerprint: str) -> WerkzeugResponse:
        principal = actor(Permission.CERTIFY)
        record = operations.find.by_fingerprint(reader(), fingerprint)
        operations.release(principal, ByFingerprint(record.fingerprint))
        flash("Released from hold.", "success")
        return redirect(url_for("certificates.show", fingerprint=record.fingerprint))

    return pages


def _page(operations: CertificatePages, record: CertificateRecord, revealed: bool = False) -> str:
    chain = operations.chain_of(reader(), record)
    return render_template(
        "certificate.html",
        title="Certificate",
        record=record,
        fields=decoded(record.certificate),
        hidden=record.role in PERSONAL and not revealed,
        personal=record.role in PERSONAL,
        may_reveal=person().may(Permission.REVEAL),
        findings=_findings(operations.profile_of(record), record),
        verdict=operations.judge(chain, record.role),
        reasons=[reason.value for reason in RevocationReason],
        on_hold=record.status is CertificateStatus.ON_HOLD,
        revoked=record.status is CertificateStatus.REVOKED,
        expired=record.not_after <= operations.clock(),
    )


def _findings(profile: Profile | None, record: CertificateRecord) -> tuple[Finding, ...] | None:
    if profile is None:
        return None
    return lint(x509.load_der_x509_certificate(record.certificate), profile)


def _reason(text: str) -> RevocationReason:
    try:
        return RevocationReason(text)
    except ValueError:
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_reason",
            f"a reason is one of {', '.join(RevocationReason)}",
            {"reason": "none of them"},
        ) from None
