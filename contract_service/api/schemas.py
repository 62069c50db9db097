"""What the contracts' API takes and gives, as JSON."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

from contract_service.model.contract import Contract, ContractCertificate, ContractStatus
from contract_service.model.pem import MAXIMUM_CSR_BYTES, chain_pem
from contract_service.operations.show import MAXIMUM_PAGE, ContractPage
from foundation.clock import parse_time


def _instant(value: object) -> datetime:
    if not isinstance(value, str) or len(value) > 40:
        raise ValueError("write an instant as 2026-12-01T00:00:00Z")
    try:
        return parse_time(value)
    except OverflowError:
        raise ValueError("outside the years that an instant in UTC can have") from None


Instant = Annotated[datetime, BeforeValidator(_instant)]
EmaidText = Annotated[str, Field(min_length=11, max_length=18, description="EMAID in any spelling")]
PcidText = Annotated[str, Field(min_length=17, max_length=18, pattern="^[A-Za-z0-9]+$")]
ContractId = Annotated[str, Field(pattern="^[0-9a-f-]{36}$", description="Random id")]


class Strict(BaseModel):
    """A request: members that nobody documented are refused."""

    model_config = ConfigDict(extra="forbid")


class EmaidPath(Strict):
    """Path of one contract."""

    emaid: EmaidText


class NewContract(Strict):
    """A contract to create."""

    emaid: EmaidText
    pcid: PcidText | None = Field(None, description="Vehicle that the contract is bound to")
    valid_from: Instant | None = Field(None, description="Now, if left out")
    valid_until: Instant | None = Field(None, description="Open end, if left out")
    allow_bare_emaid: StrictBool = Field(
        False,  # noqa: FBT003 - pydantic's default
        description="Whether the EMAID alone authorises; it is printed on invoices, so rather not",
    )


class Vehicle(Strict):
    """The vehicle to bind a contract to."""

    pcid: PcidText | None = Field(description="null binds it to no vehicle")


class CertificateRequest(Strict):
    """A request for a contract certificate."""

    csr: str = Field(
        min_length=1, max_length=MAXIMUM_CSR_BYTES, description="PKCS#10, PEM or base64 of DER"
    )


class PageQuery(Strict):
    """Which contracts to list."""

    provider_id: str | None = Field(None, min_length=5, max_length=6)
    after: ContractId | None = Field(None, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=MAXIMUM_PAGE)


class ContractBody(BaseModel):
    """A contract."""

    contract_id: ContractId
    emaid: str = Field(description="Canonical: 14 characters, upper case, no separators")
    emaid_with_check_digit: str = Field(description="The same in 15 characters, as OICP wants it")
    provider_id: str
    pcid: str | None
    status: ContractStatus
    allow_bare_emaid: bool
    valid_from: datetime
    valid_until: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, contract: Contract) -> "ContractBody":
        """Return the contract as JSON shows it."""
        return cls(
            contract_id=contract.contract_id,
            emaid=contract.emaid.canonical,
            emaid_with_check_digit=contract.emaid.with_check_digit(),
            provider_id=contract.provider_id,
            pcid=None if contract.pcid is None else contract.pcid.value,
            status=contract.status,
            allow_bare_emaid=contract.allow_bare_emaid,
            valid_from=contract.valid_from,
            valid_until=contract.valid_until,
            created_at=contract.created_at,
        )


class ContractsBody(BaseModel):
    """A page of contracts in order of their id."""

    contracts: list[ContractBody]
    next: ContractId | None = Field(description="`after` of the next page; null: no more")

    @classmethod
    def of(cls, page: ContractPage) -> "ContractsBody":
        """Return the page as JSON shows it."""
        return cls(
            contracts=[ContractBody.of(contract) for contract in page.contracts],
            next=page.next_after,
        )


class CertificateBody(BaseModel):
    """A contract certificate with its chain."""

    fingerprint: str = Field(description="SHA-256 of the DER, lower-case hex")
    serial: str = Field(description="Upper-case hex")
    not_before: datetime
    not_after: datetime
    certificate_chain: str = Field(description="PEM, leaf first, root left out")

    @classmethod
    def of(cls, certificate: ContractCertificate) -> "CertificateBody":
        """Return the certificate as JSON shows it."""
        return cls.model_validate(certificate_payload(certificate))


def certificate_payload(certificate: ContractCertificate) -> dict[str, str | datetime]:
    """Return what `CertificateBody` holds, for answers that are given by the thousand."""
    return {
        "fingerprint": certificate.fingerprint,
        "serial": certificate.serial,
        "not_before": certificate.not_before.astimezone(UTC),
        "not_after": certificate.not_after.astimezone(UTC),
        "certificate_chain": chain_pem(certificate.chain),
    }


class CertificatesBody(BaseModel):
    """The certificates recorded for a contract, latest first."""

    certificates: list[CertificateBody]
