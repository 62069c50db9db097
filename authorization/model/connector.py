"""Connector types, and the modes of energy transfer that they can carry."""

from enum import StrEnum

from foundation.errors import Kind, ServiceError


class ConnectorType(StrEnum):
    """What drivers know a connector by; OTHER is every one that they rarely meet."""

    CCS = "CCS"
    CHADEMO = "CHAdeMO"
    NACS = "NACS"
    TYPE_1 = "Type 1"
    TYPE_2 = "Type 2"
    OTHER = "other"


OCPI_CONNECTOR_TYPES: dict[str, ConnectorType] = {
    "IEC_62196_T1_COMBO": ConnectorType.CCS,
    "IEC_62196_T2_COMBO": ConnectorType.CCS,
    "CHADEMO": ConnectorType.CHADEMO,
    "SAE_J3400": ConnectorType.NACS,  # OCPI 2.3.0
    "TESLA_S": ConnectorType.NACS,  # what J3400 was called before it was a standard
    "IEC_62196_T1": ConnectorType.TYPE_1,
    "IEC_62196_T2": ConnectorType.TYPE_2,
}
"""ConnectorType of OCPI 2.2.1 and 2.3.0 (mod_locations); what is not here is OTHER."""

_WORDS = {one.value.replace(" ", "").lower(): one for one in ConnectorType}


class Power(StrEnum):
    """Which current a connector carries."""

    AC = "AC"
    DC = "DC"


_POWERS: dict[ConnectorType, frozenset[Power]] = {
    ConnectorType.CCS: frozenset({Power.DC}),
    ConnectorType.CHADEMO: frozenset({Power.DC}),
    ConnectorType.NACS: frozenset(Power),
    ConnectorType.TYPE_1: frozenset({Power.AC}),
    ConnectorType.TYPE_2: frozenset({Power.AC}),
    ConnectorType.OTHER: frozenset(Power),
}


class EnergyTransferMode(StrEnum):
    """OCPP 2.1 EnergyTransferModeEnumType; BPT is bidirectional (V2G)."""

    AC_SINGLE_PHASE = "AC_single_phase"
    AC_TWO_PHASE = "AC_two_phase"
    AC_THREE_PHASE = "AC_three_phase"
    DC = "DC"
    AC_BPT = "AC_BPT"
    AC_BPT_DER = "AC_BPT_DER"
    AC_DER = "AC_DER"
    DC_BPT = "DC_BPT"
    DC_ACDP = "DC_ACDP"
    DC_ACDP_BPT = "DC_ACDP_BPT"
    WPT = "WPT"


def parse_connector_type(text: str) -> ConnectorType:
    """Return `CCS`, `Type 2` … in any case and with or without the blank, or of OCPI's name.

    Raises ServiceError MALFORMED (`invalid_connector_type`).
    """
    found = _WORDS.get(text.replace(" ", "").lower()) or OCPI_CONNECTOR_TYPES.get(text)
    if found is None:
        raise ServiceError(
            Kind.MALFORMED,
            "invalid_connector_type",
            f"a connector type is one of {', '.join(ConnectorType)}, or OCPI's name of one",
            {"connector_types": "unknown"},
        )
    return found


def can_carry(connectors: frozenset[ConnectorType], modes: frozenset[EnergyTransferMode]) -> bool:
    """Whether some connector can transfer energy in some of the modes; WPT needs none of ours."""
    powers = {power for one in connectors for power in _POWERS[one]}
    return any(mode.value.startswith(power.value) for mode in modes for power in powers)
