"""What a provider chooses for all its contracts."""

from dataclasses import dataclass
from datetime import datetime

from autocharge.model.proposal import FirstSessionChoice


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """A provider's choice: `autocharge` False lets none of its enrolments answer.

    `first_session` says what its drivers' first sessions lead to, None: what the policy says.
    """

    provider_id: str
    autocharge: bool
    changed_at: datetime
    client_id: str
    first_session: FirstSessionChoice | None = None
