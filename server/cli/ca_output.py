"""How the `ca` commands show authorities."""

from datetime import UTC, datetime

from pki.model.authority import Authority, fingerprint
from pki.model.finding import Finding
from pki.model.issued import Reservation
from pki.operations.import_authority import ImportedAuthority
from server.cli.output import emit


def emit_authorities(
    authorities: tuple[Authority, ...], *, as_json: bool, heading: str | None = None
) -> None:
    """Print authorities, one a line, or as `{"authorities": […]}`."""
    lines = [
        f"{a.name:28}{a.role:12}{a.algorithm:7}{a.state:9}"
        f"{'online' if a.online else 'offline':9}{_day(a.not_after)}"
        for a in authorities
    ]
    emit(
        {"authorities": [authority_payload(a) for a in authorities]},
        as_json=as_json,
        human="\n".join([*([heading] if heading else []), *lines])
        or "no authorities yet; `evtrust ca create` makes them",
    )


def emit_imported(imported: ImportedAuthority, *, as_json: bool) -> None:
    """Print an imported authority and each departure from its profile that was tolerated."""
    tolerated = [f"tolerated: {f.detail} ({f.clause})" for f in imported.tolerances]
    emit(
        {
            "authority": authority_payload(imported.authority),
            "tolerances": [_finding(f) for f in imported.tolerances],
        },
        as_json=as_json,
        human="\n".join([f"{imported.authority.name} is active", *tolerated]),
    )


def authority_payload(authority: Authority) -> dict[str, object]:
    """Return what is told of an authority; its certificates go by `ca export`."""
    return {
        "name": authority.name,
        "slot": authority.slot,
        "generation": authority.generation,
        "role": authority.role.value,
        "edition": authority.edition.value,
        "algorithm": authority.algorithm.value,
        "state": authority.state.value,
        "online": authority.online,
        "parent": authority.parent,
        "not_before": authority.not_before,
        "not_after": authority.not_after,
        "fingerprint": None
        if authority.certificate is None
        else fingerprint(authority.certificate),
    }


def _finding(finding: Finding) -> dict[str, str]:
    return {"code": finding.code.value, "detail": finding.detail, "clause": finding.clause}


def reservation_payload(reservation: Reservation) -> dict[str, object]:
    """Return what is told of a reserved serial."""
    return {
        "issuer": reservation.issuer,
        "serial": reservation.serial,
        "role": reservation.role.value,
        "reserved_at": reservation.reserved_at,
        "client_id": reservation.client_id,
    }


def _day(moment: datetime | None) -> str:
    return "-" if moment is None else moment.astimezone(UTC).date().isoformat()
