"""What a rule says: who may use a route on whose things."""

from dataclasses import dataclass

from tests.server.assembly import CLIENTS

EVERYONE = frozenset(CLIENTS)
NOBODY: frozenset[str] = frozenset()
ADMINISTRATOR = frozenset({"admin"})
OPERATOR = frozenset({"cpo", "admin"})
PROVIDER = frozenset({"mo", "admin"})
MANUFACTURER = frozenset({"oem", "admin"})
# a vehicle may become any provider's customer
READING_MANUFACTURER = MANUFACTURER | {"mo", "other_mo", "auditor"}
READING_PROVIDER = PROVIDER | {"auditor"}


@dataclass(frozen=True)
class Rule:
    """Who may use a route on what `OURS` owns.

    `blind` are those who are answered, but of nothing that is ours. Everybody else is refused.
    Texts in braces name fields of `Things`.
    """

    body: object
    allowed: frozenset[str]
    success: int | str = 200  # status, or code of the refusal that comes after all these
    blind: frozenset[str] = NOBODY
    path: str | None = None  # to ask, where the template's parameters do not say what they are
