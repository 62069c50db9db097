"""Our tokens to partners' receivers (mod_tokens.asciidoc, Receiver Interface, PUT)."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from authorization.clients.ocpi_http import OcpiHttp
from authorization.model.foreign_token import ForeignToken
from authorization.model.ocpi import InterfaceRole
from authorization.model.ocpi_connection import Registered
from authorization.model.ocpi_objects import token_object
from authorization.model.partner import Partner
from authorization.operations.ocpi_ports import Access
from foundation.errors import Refused


@dataclass(frozen=True, slots=True)
class HttpPush:
    """`authorization.operations.publishing_ports.TellPartner` over HTTP."""

    http: OcpiHttp

    def __call__(
        self,
        partner: Partner,
        there: Registered,
        token: ForeignToken,
        routing: Mapping[str, str],
    ) -> Refused | None:
        """PUT the token; `not_offered` where the partner receives none; never raises."""
        url = there.endpoint("tokens", InterfaceRole.RECEIVER)
        if url is None:
            return Refused("not_offered", "the partner receives no tokens")
        owner, uid = token.name.provider_id, quote(token.name.uid, safe="")
        told = self.http.call(
            partner,
            "PUT",
            f"{url}/{owner[:2]}/{owner[2:]}/{uid}?type={token.name.type}",
            Access(there.token, there.encoding),
            body=token_object(token),
            routing=routing,
        )
        if isinstance(told, Refused):
            return told
        if not told.succeeded:
            return Refused("partner_error", f"HTTP {told.http}, status {told.code}")
        return None
