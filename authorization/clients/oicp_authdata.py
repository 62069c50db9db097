"""OICP 2.3 eRoamingPushAuthenticationData: our contracts and cards to a hub."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from authorization.clients.partner_calls import PartnerCalls, silence_of
from authorization.model.authdata import Action, AuthdataRecord
from authorization.model.oicp import Code, spelled_provider_id
from authorization.model.partner import Partner
from authorization.model.partner_answer import Silence


class _StatusCode(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    code: str = Field(alias="Code", pattern="^[0-9]{3}$")


class _Acknowledgement(BaseModel):
    """eRoamingAcknowledgement."""

    model_config = ConfigDict(strict=True, extra="ignore")

    result: bool = Field(alias="Result")
    status_code: _StatusCode = Field(alias="StatusCode")


@dataclass(frozen=True, slots=True)
class PushToOicpHub:
    """`SendAuthdata` in OICP 2.3."""

    calls: PartnerCalls

    def __call__(
        self,
        partner: Partner,
        provider_id: str,
        action: Action,
        records: Sequence[AuthdataRecord],
    ) -> str | None:
        """Return None where the hub took all of it, else why not; never raises."""
        spelled = spelled_provider_id(provider_id)
        url = f"{partner.base_url}/api/oicp/authdata/v21/providers/{spelled}/push-request"
        body = {
            "ActionType": action.value,
            "ProviderAuthenticationData": {
                "ProviderID": spelled,
                "AuthenticationDataRecord": [
                    {"Identification": record.identification} for record in records
                ],
            },
        }
        answer = self.calls.post(partner, url, orjson.dumps(body))
        if isinstance(answer, Silence):
            return answer.reason.value
        if answer.status not in {200, 201}:
            return silence_of(answer.status).reason.value
        try:
            told = _Acknowledgement.model_validate_json(answer.body)
        except ValidationError:
            return "unreadable"
        if told.result and told.status_code.code == Code.SUCCESS:
            return None
        return f"refused: {told.status_code.code}"
