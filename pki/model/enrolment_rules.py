"""Who may enrol for what (RFC 7030, OPCP 1.0.0), below which authority, and under which name.

The label in the path names the role; role, names and owner must be the token's. Of a CSR count
its key and its common name; other parts of its subject and every extension it asks for do not.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from foundation.errors import Kind, ServiceError
from foundation.identifiers import Emaid
from foundation.principal import ClientRole, Principal
from pki.model.enrolment_request import EnrolmentRequest
from pki.model.hierarchy import slot_suffix
from pki.model.profile import CommonNameForm
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm
from pki.model.subject import read_common_name, require_ownership

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EnrolmentRule:
    """What clients of one role enrol for.

    `label` stands in paths, `branch` begins the slot of the issuing authority (`oem-sub2`),
    `edition` is taken where the asker names none, `server_keygen` says whether a key may be made
    here: a vehicle's and a contract's never leave their owner.
    """

    label: str
    client: ClientRole
    leaf: CertificateRole
    form: CommonNameForm
    branch: str
    edition: Edition = Edition.ISO15118_2
    server_keygen: bool = False


_RULES = (
    EnrolmentRule(
        "cpo",
        ClientRole.CPO,
        CertificateRole.SECC_LEAF,
        CommonNameForm.SECC,
        "cpo",
        server_keygen=True,
    ),
    EnrolmentRule("mo", ClientRole.MO, CertificateRole.CONTRACT, CommonNameForm.EMAID, "mo"),
    EnrolmentRule(
        "oem", ClientRole.OEM, CertificateRole.OEM_PROVISIONING, CommonNameForm.PCID, "oem"
    ),
    EnrolmentRule(
        "cps",
        ClientRole.CPS,
        CertificateRole.CPS_LEAF,
        CommonNameForm.PROVISIONING,
        "cps",
        server_keygen=True,
    ),
    EnrolmentRule(
        "veh",
        ClientRole.OEM,
        CertificateRole.VEHICLE_LEAF,
        CommonNameForm.VEHICLE,
        "oem",
        edition=Edition.ISO15118_20,  # ISO 15118-2 knows no vehicle certificate
    ),
)
_BY_LABEL = {rule.label: rule for rule in _RULES}

STATION_RULES = {
    CertificateRole.SECC_LEAF: _BY_LABEL["cpo"],
    CertificateRole.CHARGING_STATION: EnrolmentRule(
        "cpo", ClientRole.CPO, CertificateRole.CHARGING_STATION, CommonNameForm.STATION, "cpo"
    ),
}
"""What an operator enrols for one of its registered stations, under the name it is registered by;
the station's own certificate has no label in EST, where nobody knows the station."""

_LABEL = re.compile(r"(?:([a-z0-9_]{1,24})-)?(mo|cpo|oem|cps|veh)")  # OPCP's `{ca}`

_ALGORITHMS = {
    Edition.ISO15118_2: (KeyAlgorithm.P256,),
    Edition.ISO15118_20: (KeyAlgorithm.P521, KeyAlgorithm.ED448),
}

_EDITION_NAMES = {"ISO15118-2": Edition.ISO15118_2, "ISO15118-20": Edition.ISO15118_20}
_NAMESPACES = {
    "urn:iso:15118:2:2013:MsgDef": Edition.ISO15118_2,
    "urn:iso:15118:20:2020:MsgDef": Edition.ISO15118_20,
    "urn:iso:15118:20:2022:MsgDef": Edition.ISO15118_20,
}
_ALGORITHM_NAMES = {
    "secp256r1": KeyAlgorithm.P256,
    "secp521r1": KeyAlgorithm.P521,
    "ed448": KeyAlgorithm.ED448,
}


@dataclass(frozen=True, slots=True)
class EnrolmentTarget:
    """What is enrolled for: a rule, an edition, and whose authorities.

    `prefix` (`acme` of the label `acme-cpo`) names authorities beside the house's own.
    """

    rule: EnrolmentRule
    edition: Edition
    prefix: str | None = None

    @property
    def algorithms(self) -> tuple[KeyAlgorithm, ...]:
        """The key types of the edition, first the one that is meant where none is named."""
        return _ALGORITHMS[self.edition]

    def slot(self, algorithm: KeyAlgorithm | None) -> str:
        """Return the slot of the authority that certifies such keys: `acme-cpo-sub2-20-p521`.

        Raises INVALID `key_algorithm_not_allowed` for a type that the edition does not have.
        """
        if algorithm not in self.algorithms:
            raise ServiceError(
                Kind.INVALID,
                "key_algorithm_not_allowed",
                f"{self.edition} wants a key on {' or '.join(self.algorithms)}; name another "
                "edition in the path (ISO15118-2, ISO15118-20), or use another key",
            )
        owner = "" if self.prefix is None else f"{self.prefix}-"
        return f"{owner}{self.rule.branch}-sub2{slot_suffix(self.edition, algorithm)}"


@dataclass(frozen=True, slots=True)
class CertifiedName:
    """The name a certificate will carry, its look-up key, and whose it is."""

    common_name: str
    subject_id: str
    owner: str


def choose_target(
    label: str | None, edition: str | None, namespace: str | None, principal: Principal | None
) -> EnrolmentTarget:
    """Return what a path means.

    Without `label` the principal's role decides, without a principal the operator's (CPO). The
    edition is the path's (`ISO15118-20`), else that of `xsdMsgDefNamespace`, else the rule's.
    Raises NOT_FOUND `label_unknown`, INVALID `label_needed`, `edition_unknown`.
    """
    prefix, rule = _role_of(principal) if label is None else _read_label(label)
    if edition is not None:
        return EnrolmentTarget(rule, _known(_EDITION_NAMES, edition, "edition"), prefix)
    if namespace is not None:
        return EnrolmentTarget(rule, _known(_NAMESPACES, namespace, "edition"), prefix)
    return EnrolmentTarget(rule, rule.edition, prefix)


def read_algorithm(text: str) -> KeyAlgorithm:
    """Return the key type that OPCP calls `secp256r1`, `secp521r1` or `ed448`; raise INVALID."""
    return _known(_ALGORITHM_NAMES, text.lower(), "algorithm")


def certified_name(
    rule: EnrolmentRule, principal: Principal, request: EnrolmentRequest
) -> CertifiedName:
    """Return the name that `principal` may have certified by that rule.

    A station's EVSEID or SECCID must be one of the operator's, a contract's EMAID one of the
    provider's, a vehicle's PCID one of the maker's, and is taken from the request; a CPS is named
    after its client, whatever it asks for. Raises FORBIDDEN, and MALFORMED or INVALID for a name
    that is no such identifier.
    """
    principal.require_role(rule.client)
    if rule.form is CommonNameForm.PROVISIONING:
        name = f"CPS {principal.client_id}"
        return CertifiedName(name, name, principal.client_id)
    text = request.common_name
    if text is None:
        raise ServiceError(
            Kind.INVALID,
            "csr_common_name_missing",
            "the CSR's subject needs exactly one common name: the id to be certified",
        )
    if rule.form is CommonNameForm.EMAID:
        emaid = Emaid.parse(text)  # in any spelling: the certificate carries the canonical one
        name, subject_id, owner = emaid.canonical, emaid.key, emaid.provider_id
    else:
        read = read_common_name(rule.form, text)
        name, subject_id, owner = text, read.subject_id, read.owner or ""
    require_ownership(principal, rule.form, owner)
    return CertifiedName(name, subject_id, owner)


def _read_label(label: str) -> tuple[str | None, EnrolmentRule]:
    match = _LABEL.fullmatch(label.lower())
    if match is None:
        raise ServiceError(
            Kind.NOT_FOUND,
            "label_unknown",
            "name mo, cpo, oem, cps or veh in the path, or one of them after a prefix and a hyphen",
        )
    return match[1], _BY_LABEL[match[2]]


def _role_of(principal: Principal | None) -> tuple[None, EnrolmentRule]:
    if principal is None:
        return None, _BY_LABEL["cpo"]
    rules = [
        rule for rule in _RULES if rule.client in principal.roles and rule.branch == rule.label
    ]
    if len(rules) != 1:
        raise ServiceError(
            Kind.INVALID,
            "label_needed",
            "your client has not exactly one role that enrols: name mo, cpo, oem, cps or veh in "
            "the path",
        )
    return None, rules[0]


def _known(names: Mapping[str, T], text: str, what: str) -> T:
    found = names.get(text)
    if found is None:
        raise ServiceError(
            Kind.INVALID, f"{what}_unknown", f"the {what} is one of {', '.join(sorted(names))}"
        )
    return found
