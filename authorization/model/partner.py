"""Roaming partners: hubs and peers that are asked about contracts which are not kept here."""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from foundation.errors import Kind, ServiceError

MAX_URL_CHARACTERS = 512
MAX_PARTY_IDS = 500
"""Provider or operator ids of one partner; own judgement. A hub with more is a default route."""

LOWEST_PRIORITY = 1000
MAX_CLIENT_ID_CHARACTERS = 64

MAX_SILENT_ACCEPTANCES = 10_000
MAX_SILENT_MINUTES = 24 * 60
MAX_SILENT_WH = 1_000_000
"""Bounds of what an operator may risk on a partner that is silent; own judgement."""

PARTNER_ID_PATTERN = "^[a-z0-9]([a-z0-9-]{0,34}[a-z0-9])?$"
PARTY_ID_PATTERN = "^[A-Z]{2}[A-Z0-9]{3}$"

_PARTNER_ID = re.compile(PARTNER_ID_PATTERN)
_PARTY_ID = re.compile(PARTY_ID_PATTERN)
_PRINTABLE = re.compile(r"[!-~]+")


class PartnerProtocol(StrEnum):
    """What a partner speaks, and in which version."""

    OICP_23 = "oicp-2.3"
    OCPI_221 = "ocpi-2.2.1"
    OCPI_230 = "ocpi-2.3.0"

    @property
    def is_ocpi(self) -> bool:
        """Whether it is OCPI in any version."""
        return self is not PartnerProtocol.OICP_23


@dataclass(frozen=True, slots=True)
class SilencePolicy:
    """What an operator risks when the partner is silent: nothing, unless it says otherwise.

    At most `accepted_a_day` vehicles (a UTC day, over all processes) are accepted without the
    partner's word, each for `minutes` and `energy_wh` watt-hours. evtrust counts them and bounds
    the answer's time; the energy is told with the answer, for the CPMS to keep.
    """

    accepted_a_day: int = 0
    minutes: int = 0
    energy_wh: int = 0

    def __post_init__(self) -> None:
        """Raise ServiceError INVALID (`invalid_partner`): out of bounds, or half a policy."""
        for name, value, most in (
            ("accepted_a_day", self.accepted_a_day, MAX_SILENT_ACCEPTANCES),
            ("minutes", self.minutes, MAX_SILENT_MINUTES),
            ("energy_wh", self.energy_wh, MAX_SILENT_WH),
        ):
            if not 0 <= value <= most:
                raise _invalid(f"silence.{name}", f"0 to {most}")
            if self.accepted_a_day and not value:
                raise _invalid(f"silence.{name}", "who accepts says how much, too")

    @property
    def accepts(self) -> bool:
        """Whether silence may be an acceptance at all."""
        return self.accepted_a_day > 0

    @property
    def lasts(self) -> timedelta:
        """How long such an acceptance lasts."""
        return timedelta(minutes=self.minutes)


REFUSE = SilencePolicy()


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner as an administrator registered it, without its credentials.

    `partner_id` is the administrator's own short name for it. `base_url` is where its protocol
    begins, without a slash at the end (OICP: what stands before `/api/oicp`; OCPI: the versions
    URL); no call for this partner ever leaves `allowed_host`. `provider_ids` are the providers
    whose contracts are asked there, `operator_ids` the operators that it speaks for when it asks
    here (both `DEABC`). `is_default` makes it the route of every provider that nobody else has.
    Of two partners for one provider the lower `priority` is asked first. `silence` is what follows
    when it does not answer. `client_id` is the client of ours with which it asks here in OICP, and
    `own_provider_ids` are the providers of this house whose contracts it may ask about; with
    `authdata` they are pushed to it, so that it can decide by itself.
    """

    partner_id: str
    protocol: PartnerProtocol
    base_url: str
    provider_ids: frozenset[str] = frozenset()
    operator_ids: frozenset[str] = frozenset()
    is_default: bool = False
    priority: int = 100
    silence: SilencePolicy = REFUSE
    client_id: str | None = None
    own_provider_ids: frozenset[str] = frozenset()
    authdata: bool = False

    def __post_init__(self) -> None:
        """Raise ServiceError INVALID (`invalid_partner`) that names the wrong field."""
        if not _PARTNER_ID.fullmatch(self.partner_id):
            raise _invalid("partner_id", "1 to 36 of a-z, 0-9 and -, neither first nor last a -")
        if not self.allowed_host:
            raise _invalid("base_url", "https://host[:port][/path], at most 512 characters")
        for name, party_ids in (
            ("provider_ids", self.provider_ids),
            ("operator_ids", self.operator_ids),
            ("own_provider_ids", self.own_provider_ids),
        ):
            if len(party_ids) > MAX_PARTY_IDS:
                raise _invalid(name, f"at most {MAX_PARTY_IDS}; make it the default route")
            if not all(_PARTY_ID.fullmatch(party_id) for party_id in party_ids):
                raise _invalid(name, "a country's 2 letters and 3 characters each (DEABC)")
        if self.client_id is not None and not 1 <= len(self.client_id) <= MAX_CLIENT_ID_CHARACTERS:
            raise _invalid("client_id", f"1 to {MAX_CLIENT_ID_CHARACTERS} characters")
        if self.authdata and self.protocol.is_ocpi:
            raise _invalid("authdata", "for OICP alone; OCPI's partners fetch tokens")
        if not 0 <= self.priority <= LOWEST_PRIORITY:
            raise _invalid("priority", f"0 (asked first) to {LOWEST_PRIORITY}")

    @property
    def allowed_host(self) -> str:
        """Scheme, host and port that calls for this partner may go to; fixed at registration."""
        origin = _origin(self.base_url)
        return "" if origin is None or self.base_url.endswith("/") else origin

    def allows(self, url: str) -> bool:
        """Whether a call for this partner may go to `url` (a partner may name URLs itself)."""
        return _origin(url) == self.allowed_host


def _origin(url: str) -> str | None:
    """Return `https://host:port` of a URL, None where it is none or carries more than a path."""
    if len(url) > MAX_URL_CHARACTERS or not _PRINTABLE.fullmatch(url) or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return None
    if "#" in url:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port or (443 if parts.scheme == 'https' else 80)}"


def _invalid(field: str, expected: str) -> ServiceError:
    return ServiceError(
        Kind.INVALID, "invalid_partner", f"the partner's {field} is not usable", {field: expected}
    )
