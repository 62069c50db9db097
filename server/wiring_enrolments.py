"""Autocharge: vehicle identifiers that stand for contracts, built on their stores."""

from datetime import timedelta
from functools import cached_property

from authorization.model.session import Session
from authorization.store.decision_remains import PRESENTED, ErasePresented
from authorization.store.decisions import presented_digest
from authorization.store.place_tables import access_members
from authorization.store.sites import EraseMember, MemberHash
from authorization.store.tokens import TokenVault
from autocharge.api.claims import ChallengeOperations, ProposalOperations
from autocharge.model.challenge import ClaimPolicy
from autocharge.model.first_session import SessionStart
from autocharge.model.proposal import FirstSessionPolicy
from autocharge.operations.answer_challenge import AnswerChallenge, WithdrawChallenge
from autocharge.operations.decide_proposal import DecideProposal, LapseProposals, ListProposals
from autocharge.operations.enrol import Enrol
from autocharge.operations.lapse_challenges import LapseChallenges
from autocharge.operations.list_challenges import ListChallenges
from autocharge.operations.list_enrolments import ListEnrolments
from autocharge.operations.ports import StandingContract
from autocharge.operations.propose import ProposeFirstSessions
from autocharge.operations.remove import RemoveEnrolment
from autocharge.operations.remove_ended import RemoveEnded
from autocharge.operations.replace_identifier import ReplaceIdentifier
from autocharge.operations.resolve import Resolve
from autocharge.operations.set_enrolment_state import SetEnrolmentState
from autocharge.profiles.claims import load_claim_policy, load_first_session_policy
from autocharge.store.challenges import SqlChallengeReader
from autocharge.store.enrolments import SqlEnrolmentReader
from autocharge.store.erasures import Elsewhere
from autocharge.store.proposals import SightingReadings, SqlProposalReader, SqlSessionStarts
from autocharge.store.quarantines import SqlQuarantineReader
from autocharge.store.unit_of_work import SqlUnitsOfWork
from contract_service.operations.find import FindContract
from contract_service.store.contracts import SqlContractReader, SqlEndings
from server.housekeeping import Chore
from server.wiring_vehicles import VehicleServices


class EnrolmentServices(VehicleServices):
    """Enrolments and what is done with them."""

    @cached_property
    def enrolment_work(self) -> SqlUnitsOfWork:
        """Enrolments, to change."""
        members = EraseMember(MemberHash(TokenVault(self.look_up_hash, self.sealer)))
        presented = ErasePresented(presented_digest(self.look_up_hash))
        elsewhere = (Elsewhere(access_members.name, members), Elsewhere(PRESENTED, presented))
        return SqlUnitsOfWork(self.database, self.vault, self.outbox, elsewhere)

    @cached_property
    def enrolment_reader(self) -> SqlEnrolmentReader:
        """Enrolments, to read."""
        return SqlEnrolmentReader(self.database, self.vault)

    @cached_property
    def quarantine_reader(self) -> SqlQuarantineReader:
        """Quarantines, to read."""
        return SqlQuarantineReader(self.database, self.vault)

    @cached_property
    def enrol(self) -> Enrol:
        """Enrols an identifier for a contract."""
        return Enrol(self.enrolment_work, self._standing, self.claim_policy, self.clock)

    @property
    def _standing(self) -> StandingContract:
        return FindContract(SqlContractReader(self.database)).standing

    @cached_property
    def claim_policy(self) -> ClaimPolicy:
        """How second claims on a vehicle are dealt with."""
        return load_claim_policy()

    @cached_property
    def resolve(self) -> Resolve:
        """Identifier -> contract."""
        return Resolve(self.enrolment_reader, self.quarantine_reader)

    @cached_property
    def list_enrolments(self) -> ListEnrolments:
        """Shows enrolments."""
        return ListEnrolments(self.enrolment_reader, self.vault.pseudonym)

    @cached_property
    def set_enrolment_state(self) -> SetEnrolmentState:
        """Suspends and resumes an enrolment."""
        return SetEnrolmentState(self.enrolment_work, self.clock)

    @cached_property
    def remove_enrolment(self) -> RemoveEnrolment:
        """Removes an enrolment."""
        return RemoveEnrolment(self.enrolment_work, self.claim_policy, self.clock)

    @cached_property
    def replace_identifier(self) -> ReplaceIdentifier:
        """Puts a vehicle's new identifier in the place of its old one."""
        return ReplaceIdentifier(self.enrolment_work, self.claim_policy, self.clock)

    @cached_property
    def challenge_reader(self) -> SqlChallengeReader:
        """Owner challenges, to read."""
        return SqlChallengeReader(self.database, self.vault)

    @cached_property
    def list_challenges(self) -> ListChallenges:
        """Shows owner challenges."""
        return ListChallenges(self.challenge_reader, self.enrolment_reader)

    @cached_property
    def answer_challenge(self) -> AnswerChallenge:
        """Answers an owner challenge."""
        return AnswerChallenge(
            self.enrolment_work,
            self.challenge_reader,
            self._standing,
            self.claim_policy,
            self.clock,
        )

    @cached_property
    def challenge_operations(self) -> ChallengeOperations:
        """What `/v1/autocharge/challenges` translates for."""
        return ChallengeOperations(
            list=self.list_challenges,
            answer=self.answer_challenge,
            withdraw=WithdrawChallenge(self.enrolment_work, self.challenge_reader, self.clock),
        )

    # drivers' first sessions

    @cached_property
    def first_session_policy(self) -> FirstSessionPolicy:
        """What drivers' first sessions lead to."""
        return load_first_session_policy()

    @cached_property
    def session_starts(self) -> SqlSessionStarts:
        """Starts of sessions that wait to be paired."""
        return SqlSessionStarts(self.database)

    @cached_property
    def _proposal_reader(self) -> SqlProposalReader:
        return SqlProposalReader(self.database, self.vault)

    @cached_property
    def list_proposals(self) -> ListProposals:
        """Shows proposals."""
        return ListProposals(self._proposal_reader)

    @cached_property
    def decide_proposal(self) -> DecideProposal:
        """Confirms or rejects a proposal."""
        return DecideProposal(
            self.enrolment_work, self._proposal_reader, self._standing, self.clock
        )

    @cached_property
    def proposal_operations(self) -> ProposalOperations:
        """What `/v1/autocharge/proposals` translates for."""
        return ProposalOperations(list=self.list_proposals, decide=self.decide_proposal)

    @cached_property
    def propose_first_sessions(self) -> ProposeFirstSessions:
        """Pairs sessions with vehicles that nobody has enrolled."""
        return ProposeFirstSessions(
            self.session_starts,
            SightingReadings(self.sighting_reader),
            self.enrolment_work,
            self._standing,
            lambda identifier: bool(self.quarantine_reader.standing(identifier)),
            self.first_session_policy,
        )

    def note_session_start(self, session: Session, evse_id: str | None) -> None:
        """Keep the start of an RFID or app session, to be paired with a vehicle."""
        contract_id = session.contract_id
        if contract_id is None:
            return  # of a contract that is not kept here: nobody enrols for it
        contract = FindContract(SqlContractReader(self.database)).by_id(contract_id)
        if contract is not None:
            self.session_starts.add(
                SessionStart(
                    session.session_id,
                    contract.emaid,
                    session.station_id,
                    evse_id,
                    session.started_at,
                )
            )

    @cached_property
    def remove_ended(self) -> RemoveEnded:
        """Removes the enrolments of contracts that ended."""
        return RemoveEnded(
            SqlEndings(self.database),
            self.enrolment_reader,
            self.enrolment_work,
            self.claim_policy,
        )

    def enrolment_chores(self) -> tuple[Chore, ...]:
        """Lets claims and proposals lapse, and looks at first sessions."""
        return (
            Chore(
                "challenges",
                timedelta(minutes=1),
                LapseChallenges(self.enrolment_work, self.claim_policy),
            ),
            Chore("ended_contracts", timedelta(seconds=10), self.remove_ended),
            Chore("first_sessions", timedelta(seconds=10), self.propose_first_sessions),
            Chore(
                "proposals",
                timedelta(minutes=1),
                LapseProposals(self.enrolment_work, self.first_session_policy),
            ),
        )
