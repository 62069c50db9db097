"""Who is asking, as a frozen value. `server` authenticates; operations check ownership."""

from dataclasses import dataclass
from enum import StrEnum

from foundation.errors import Kind, ServiceError


class ClientRole(StrEnum):
    """Roles of participants, spelled as OPCP and ISO 15118 spell the parties."""

    CPO = "CPO"
    MO = "MO"
    OEM = "OEM"
    CPS = "CPS"
    ADMIN = "ADMIN"
    AUDITOR = "AUDITOR"


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated client and what belongs to it.

    `provider_ids` are country + three characters without separator (`DEABC`), `operator_ids` the
    same for charge point operators, `wmis` the three characters that begin a PCID or VIN; all
    upper case. An ADMIN may act for everyone, an AUDITOR may only read.
    """

    client_id: str
    roles: frozenset[ClientRole]
    provider_ids: frozenset[str] = frozenset()
    wmis: frozenset[str] = frozenset()
    operator_ids: frozenset[str] = frozenset()

    @property
    def is_admin(self) -> bool:
        """Whether the client holds the ADMIN role."""
        return ClientRole.ADMIN in self.roles

    @property
    def reads_everything(self) -> bool:
        """Whether the client may read what other participants own."""
        return bool(self.roles & {ClientRole.ADMIN, ClientRole.AUDITOR})

    def require_role(self, *allowed: ClientRole) -> None:
        """Raise FORBIDDEN unless the client is ADMIN or holds one of the roles `allowed`."""
        if not self.is_admin and not self.roles & set(allowed):
            raise ServiceError(
                Kind.FORBIDDEN,
                "role_required",
                f"this needs one of the roles {', '.join(sorted(allowed))}; "
                "ask an administrator for it",
            )

    def acts_for_provider(self, provider_id: str) -> bool:
        """Whether the client may act on EMAIDs of `provider_id` (`DEABC`)."""
        return self.is_admin or (ClientRole.MO in self.roles and provider_id in self.provider_ids)

    def acts_for_wmi(self, wmi: str) -> bool:
        """Whether the client may act on PCIDs that begin with `wmi` (`WP0`)."""
        return self.is_admin or (ClientRole.OEM in self.roles and wmi in self.wmis)

    def acts_for_operator(self, operator_id: str) -> bool:
        """Whether the client may act on stations and EVSEs of `operator_id` (`DEABC`)."""
        return self.is_admin or (ClientRole.CPO in self.roles and operator_id in self.operator_ids)


LOCAL_ADMINISTRATOR = Principal("local-administrator", frozenset({ClientRole.ADMIN}))
"""Who runs the command line on the machine that holds the keys."""
