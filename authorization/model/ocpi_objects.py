"""OCPI's objects as both sides of a connection send them."""

from datetime import UTC, datetime

from authorization.model.foreign_token import ForeignToken
from authorization.model.ocpi import Credentials


def ocpi_time(instant: datetime) -> str:
    """Return an instant as OCPI writes it: RFC 3339, UTC, `Z`; fractions only where there are."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def credentials_object(credentials: Credentials) -> dict[str, object]:
    """Return credentials as OCPI sends them."""
    return {
        "token": credentials.token,
        "url": credentials.url,
        "roles": [
            {
                "role": role.role,
                "business_details": {"name": role.name},
                "party_id": role.party_id,
                "country_code": role.country_code,
            }
            for role in credentials.roles
        ],
    }


def token_object(token: ForeignToken) -> dict[str, object]:
    """Return a token as JSON shows it, without what it has not."""
    energy = token.energy_contract
    shown: dict[str, object] = {
        "country_code": token.name.provider_id[:2],
        "party_id": token.name.provider_id[2:],
        "uid": token.name.uid,
        "type": token.name.type,
        "contract_id": token.contract_id,
        "visual_number": token.visual_number,
        "issuer": token.issuer,
        "group_id": token.group_id,
        "valid": token.valid,
        "whitelist": token.whitelist,
        "language": token.language,
        "default_profile_type": token.default_profile_type,
        "energy_contract": None
        if energy is None
        else {
            name: value
            for name, value in (
                ("supplier_name", energy.supplier_name),
                ("contract_id", energy.contract_id),
            )
            if value is not None
        },
        "last_updated": ocpi_time(token.last_updated),
    }
    return {name: value for name, value in shown.items() if value is not None}
