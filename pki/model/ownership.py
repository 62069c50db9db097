"""Whose certificate it is: which participant may change its status."""

from foundation.principal import Principal
from pki.model import subject
from pki.model.issued import CertificateRecord
from pki.model.profile import CommonNameForm
from pki.model.roles import CertificateRole

_FORMS = {
    CertificateRole.CONTRACT: CommonNameForm.EMAID,
    CertificateRole.SECC_LEAF: CommonNameForm.SECC,
    CertificateRole.CHARGING_STATION: CommonNameForm.STATION,
    CertificateRole.OEM_PROVISIONING: CommonNameForm.PCID,
    CertificateRole.VEHICLE_LEAF: CommonNameForm.VEHICLE,
    CertificateRole.CPS_LEAF: CommonNameForm.PROVISIONING,
}


def require_ownership(principal: Principal, record: CertificateRecord) -> None:
    """Raise FORBIDDEN unless the certificate is the principal's own, or the principal is ADMIN.

    Who may have a certificate issued may revoke it: the provider of its EMAID, the operator of
    its station, the maker with its WMI, the client that runs the CPS; of all others (authorities,
    OCSP signers) an administrator.
    """
    form = _FORMS.get(record.role, CommonNameForm.SERVICE)
    subject.require_ownership(principal, form, record.owner)
