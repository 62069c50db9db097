"""What foreign PKIs say of revocation: asked, kept, renewed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cached_property

from pki.clients.responders import AskResponders
from pki.operations.fetch_evidence import FetchEvidence
from pki.operations.foreign_evidence import ForeignEvidence
from pki.operations.list_evidence import ListEvidence, RefreshEvidence
from pki.operations.renew_evidence import ForgetEvidence, OldestDecision, RenewEvidence
from pki.operations.validate import ValidateChain
from pki.profiles.fetch_policy import load_fetch_policy
from pki.store.foreign_evidence import SqlForeignEvidence
from server.housekeeping import Chore
from server.observability import count_foreign_evidence
from server.wiring_pki import PkiServices

RENEW_EVERY = timedelta(seconds=30)
FORGET_EVERY = timedelta(hours=1)


class RevocationServices(PkiServices):
    """Evidence of revocation from outside."""

    @cached_property
    def evidence_store(self) -> SqlForeignEvidence:
        """What is kept of it."""
        return SqlForeignEvidence(self.database)

    @cached_property
    def _fetch_evidence(self) -> FetchEvidence:
        policy = load_fetch_policy(self.settings.revocation_policy)
        ask = AskResponders(policy, self.settings.egress_networks)
        return FetchEvidence(
            self.evidence_store, ask, policy, self.clock, note=count_foreign_evidence
        )

    @cached_property
    def validate_foreign_chain(self) -> ValidateChain:
        """As `validate_chain`, and asks the responders and CRL servers that the settings name.

        For chains that strangers bring. Where nobody is named, it is `validate_chain` itself.
        """
        hosts = self.settings.revocation_hosts
        if not hosts:
            return self.validate_chain
        foreign = ForeignEvidence(hosts, self.evidence_store, self._fetch_evidence, self.clock)
        return replace(self.validate_chain, evidence=(*self.validate_chain.evidence, foreign))

    @cached_property
    def _renew_evidence(self) -> RenewEvidence:
        return RenewEvidence(
            self.settings.revocation_hosts, self.evidence_store, self._fetch_evidence
        )

    @cached_property
    def list_evidence(self) -> ListEvidence:
        """Shows what is kept."""
        return ListEvidence(self.evidence_store)

    @cached_property
    def refresh_evidence(self) -> RefreshEvidence:
        """Asks again, now."""
        return RefreshEvidence(self.evidence_store, self._renew_evidence)

    def revocation_chores(self, oldest_decision: OldestDecision) -> Iterator[Chore]:
        """Yield the background work; it waits for strangers."""
        if self.settings.revocation_hosts:
            yield Chore("foreign_evidence", RENEW_EVERY, self._renew_evidence)
        forget = ForgetEvidence(self.evidence_store, self._fetch_evidence, oldest_decision)
        yield Chore("forget_evidence", FORGET_EVERY, forget)
