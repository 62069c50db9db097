"""What answers OCPP's messages about certificates, OCPP 2.1 and DataTransfer."""

from collections.abc import Mapping
from functools import cached_property

from authorization.api.answer_table import load_answer_table
from authorization.api.ocpp import AnswerAuthorize201
from authorization.api.ocpp_authorize_21 import AnswerAuthorize21
from authorization.api.ocpp_certificates import AnswerGetCertificateStatus, AnswerSignCertificate
from authorization.api.ocpp_chain_status import AnswerGetCertificateChainStatus
from authorization.api.ocpp_data_transfer import AnswerDataTransfer, InOcpp20
from authorization.api.ocpp_installation import AnswerGet15118EvCertificate
from authorization.model.ocpp_version import HAS2BE_VENDOR_ID, PNC_VENDOR_ID, OcppVersion
from authorization.model.station import Station
from authorization.operations.chain_status import ChainStatusOf
from authorization.operations.own_station import own_station
from autocharge.model.sighting import Source
from foundation.hot_routes import Handle
from foundation.principal import Principal
from server.wiring_transactions import TransactionServices

_HAS2BE_DEFAULTS: Mapping[str, Mapping[str, object]] = {
    "Get15118EVCertificate": {
        "action": "Install",
        "iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef",
    }
}
"""What has·to·be's stations leave out: they install only, and speak ISO 15118-2."""


class OcppServices(TransactionServices):
    """The translators of OCPP's messages, beside Authorize of 2.0.1 and 1.6."""

    def ocpp_handle(self, version: OcppVersion, action: str) -> Handle:
        """Return what answers a message; KeyError for one that is not served."""
        return self._ocpp_handles[version, action]

    @cached_property
    def _ocpp_handles(self) -> Mapping[tuple[OcppVersion, str], Handle]:
        handles: dict[tuple[OcppVersion, str], Handle] = {
            (OcppVersion.V16, "DataTransfer"): AnswerDataTransfer(
                self._transferred, self._require_station
            ),
            (OcppVersion.V21, "Authorize"): AnswerAuthorize21(self.authorize, load_answer_table()),
            (OcppVersion.V21, "GetCertificateChainStatus"): AnswerGetCertificateChainStatus(
                ChainStatusOf(self.certificate_status, self.clock)
            ),
        }
        for version in (OcppVersion.V201, OcppVersion.V21):
            for action, handle in self._about_certificates(version).items():
                handles[version, action] = handle
        return {**handles, **self.transaction_handles()}

    def _about_certificates(
        self, version: OcppVersion, vendor_id: str = PNC_VENDOR_ID
    ) -> dict[str, Handle]:
        return {
            "GetCertificateStatus": AnswerGetCertificateStatus(self.certificate_status, version),
            "SignCertificate": AnswerSignCertificate(self.sign_certificate, version, vendor_id),
            "Get15118EVCertificate": AnswerGet15118EvCertificate(self.get_ev_certificate, version),
        }

    @cached_property
    def _transferred(self) -> Mapping[tuple[str, str], Handle]:
        """What answers the messages inside DataTransfer, by vendor id and message id."""
        authorize = AnswerAuthorize201(
            self.authorize, load_answer_table(), Source.OCPP16_DATA_TRANSFER
        )
        transferred: dict[tuple[str, str], Handle] = {}
        for vendor_id in (PNC_VENDOR_ID, HAS2BE_VENDOR_ID):
            messages: dict[str, Handle] = {"Authorize": authorize}
            messages |= self._about_certificates(OcppVersion.V16, vendor_id)
            for name, handle in messages.items():
                older = vendor_id == HAS2BE_VENDOR_ID
                transferred[vendor_id, name] = (
                    InOcpp20(handle, _HAS2BE_DEFAULTS.get(name, {})) if older else handle
                )
        return transferred

    def _require_station(self, principal: Principal, station_id: str) -> Station:
        return own_station(principal, self.station_reader, station_id)
