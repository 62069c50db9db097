"""The certificate authorities' operations, built on their stores, keys and profiles."""

import secrets
from functools import cached_property

from foundation.principal import Principal
from pki.keys.sealed import SealedKeyStore, generate_key
from pki.model.authority import Authority
from pki.model.build import Publication
from pki.model.profile import Profiles
from pki.operations.anchors import AddAnchor, ListAnchors, RemoveAnchor
from pki.operations.ca_certificates import CaCertificates
from pki.operations.certifying import Issuers, ThrowawayKeys
from pki.operations.create_hierarchy import CreateHierarchy
from pki.operations.found import AfterCreate, FoundAuthorities
from pki.operations.import_authority import ImportAuthorityCertificate, ImportAuthorityKey
from pki.operations.issue import IssueCertificate
from pki.operations.list_authorities import ListAuthorities, ShowAuthority
from pki.operations.ocsp_respond import RespondToOcsp
from pki.operations.ocsp_signers import IssueOcspSigner, RenewOcspSigners
from pki.operations.publish_crl import PublishCrl, RefreshCrls
from pki.operations.release import Release
from pki.operations.request_certificate import RequestCertificate
from pki.operations.revoke import Revoke
from pki.operations.rollover import RolloverAuthority
from pki.operations.server_keygen import ServerKeygen
from pki.operations.validate import ValidateChain
from pki.profiles.loader import load_profiles
from pki.profiles.tolerances import load_tolerance_policies
from pki.store.anchors import StoredAnchors, anchor_unit_of_work_opener
from pki.store.crls import SqlCrlShelf
from pki.store.issuance import SqlIssuanceLog
from pki.store.keys import SqlSealedKeyRows
from pki.store.ocsp_signers import SqlOcspSigners
from pki.store.revocation_evidence import OwnRecords
from pki.store.status import SqlStatusReader, open_status_unit_of_work
from pki.store.unit_of_work import SqlAuthorityDirectory, unit_of_work_opener
from server.wiring_base import BaseServices


class PkiServices(BaseServices):
    """Authorities, issuing, status and validation."""

    @cached_property
    def profiles(self) -> Profiles:
        """The certificate profiles of both editions."""
        return load_profiles()

    @cached_property
    def authorities(self) -> SqlAuthorityDirectory:
        """Every authority that is known."""
        return SqlAuthorityDirectory(self.database)

    @cached_property
    def keys(self) -> SealedKeyStore:
        """Private keys; offline ones only where this process may open them."""
        return SealedKeyStore(
            SqlSealedKeyRows(self.database),
            self.sealer,
            self.clock,
            allow_offline=self.offline_keys,
        )

    @cached_property
    def _issuers(self) -> Issuers:
        return Issuers(self.authorities)

    @cached_property
    def _throwaway(self) -> ThrowawayKeys:
        return ThrowawayKeys(generate_key)

    @cached_property
    def _publication(self) -> Publication:
        return Publication(self.settings.public_url)

    # issuing and ceremonies

    @cached_property
    def issuance_log(self) -> SqlIssuanceLog:
        """Reserved serials and issued certificates."""
        return SqlIssuanceLog(self.database, self.outbox)

    @cached_property
    def issue_certificate(self) -> IssueCertificate:
        """Issues leaves."""
        return IssueCertificate(
            self.profiles,
            self._issuers,
            self.keys,
            self.issuance_log,
            self._throwaway,
            secrets.randbits,
            self._publication,
            self.clock,
        )

    @cached_property
    def _found(self) -> FoundAuthorities:
        return FoundAuthorities(
            self.profiles,
            self._issuers,
            self.keys,
            unit_of_work_opener(self.database, self.outbox),
            self._throwaway,
            secrets.randbits,
            self._publication,
            self.clock,
            self._after_create,
        )

    @property
    def _after_create(self) -> tuple[AfterCreate, ...]:
        def publish_status(_: Principal, authority: Authority) -> None:
            self.publish_crl(authority.name)
            self.issue_ocsp_signer(authority.name)

        return (publish_status,)

    @cached_property
    def list_authorities(self) -> ListAuthorities:
        """Lists authorities and what a crash left unfinished."""
        return ListAuthorities(self.authorities, self.clock)

    @cached_property
    def show_authority(self) -> ShowAuthority:
        """Shows one authority with its chain."""
        return ShowAuthority(self.authorities)

    @cached_property
    def create_hierarchy(self) -> CreateHierarchy:
        """Makes whole hierarchies."""
        return CreateHierarchy(self._found, self.authorities)

    @cached_property
    def rollover_authority(self) -> RolloverAuthority:
        """Makes new generations."""
        return RolloverAuthority(self._found, self.authorities)

    @cached_property
    def request_certificate(self) -> RequestCertificate:
        """Makes an authority below somebody else's: key and CSR."""
        return RequestCertificate(
            self.profiles,
            self.authorities,
            self.keys,
            unit_of_work_opener(self.database, self.outbox),
            self.clock,
        )

    @cached_property
    def import_authority_certificate(self) -> ImportAuthorityCertificate:
        """Takes the certificate that somebody else issued."""
        return ImportAuthorityCertificate(
            self.profiles,
            self.authorities,
            self.keys,
            unit_of_work_opener(self.database, self.outbox),
            self.clock,
            self._after_create,
        )

    @cached_property
    def import_authority_key(self) -> ImportAuthorityKey:
        """Takes an existing authority's key and chain."""
        return ImportAuthorityKey(
            self.profiles,
            self.authorities,
            self.keys,
            unit_of_work_opener(self.database, self.outbox),
            self.clock,
            self._after_create,
        )

    # enrolment

    @cached_property
    def ca_certificates(self) -> CaCertificates:
        """Distributes authority certificates."""
        return CaCertificates(self._issuers)

    @cached_property
    def server_keygen(self) -> ServerKeygen:
        """Makes keys for stations and provisioning services."""
        return ServerKeygen(self.issue_certificate, generate_key)

    # status

    @cached_property
    def revoke_certificate(self) -> Revoke:
        """Revokes, or puts on hold."""
        return Revoke(open_status_unit_of_work(self.database, self.outbox), self.clock)

    @cached_property
    def release_certificate(self) -> Release:
        """Releases from hold."""
        return Release(open_status_unit_of_work(self.database, self.outbox), self.clock)

    @cached_property
    def crls(self) -> SqlCrlShelf:
        """The lists made so far."""
        return SqlCrlShelf(self.database)

    @cached_property
    def publish_crl(self) -> PublishCrl:
        """Makes an authority's list."""
        return PublishCrl(self.authorities, self.crls, self.keys, self.clock)

    @cached_property
    def refresh_crls(self) -> RefreshCrls:
        """Makes the lists of online authorities that are due."""
        return RefreshCrls(self.authorities, self.crls, self.publish_crl)

    @cached_property
    def issue_ocsp_signer(self) -> IssueOcspSigner:
        """Makes an authority's delegated OCSP signer."""
        return IssueOcspSigner(
            self.authorities,
            self.keys,
            self.issue_certificate,
            SqlOcspSigners(self.database),
            self.clock,
        )

    @cached_property
    def renew_ocsp_signers(self) -> RenewOcspSigners:
        """Makes the signers of online authorities that are due."""
        return RenewOcspSigners(
            self.authorities, SqlOcspSigners(self.database), self.issue_ocsp_signer
        )

    @cached_property
    def respond_to_ocsp(self) -> RespondToOcsp:
        """Answers OCSP requests."""
        return RespondToOcsp(
            self.authorities,
            SqlStatusReader(self.database),
            SqlOcspSigners(self.database),
            self.keys,
            self.issue_ocsp_signer,
            self.clock,
        )

    # validation

    @cached_property
    def validate_chain(self) -> ValidateChain:
        """Judges certificate chains by the stored anchors and our own records."""
        return ValidateChain(
            StoredAnchors(self.database),
            (OwnRecords(self.database),),
            self.profiles,
            load_tolerance_policies(),
        )

    @cached_property
    def add_anchor(self) -> AddAnchor:
        """Trusts a root."""
        return AddAnchor(
            anchor_unit_of_work_opener(self.database, self.outbox),
            self.profiles,
            load_tolerance_policies(),
            self.clock,
        )

    @cached_property
    def list_anchors(self) -> ListAnchors:
        """Lists the trusted roots."""
        return ListAnchors(StoredAnchors(self.database).read_all)

    @cached_property
    def remove_anchor(self) -> RemoveAnchor:
        """Trusts a root no longer."""
        return RemoveAnchor(anchor_unit_of_work_opener(self.database, self.outbox), self.clock)
