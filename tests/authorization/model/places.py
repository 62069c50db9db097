"""Places with sites, and attempts to charge there."""

from datetime import datetime

from authorization.model.claim import EmaidClaim, Place, PlacedEvse, SiteHere
from authorization.model.connector import ConnectorType
from authorization.model.limits import Attempt
from authorization.model.site import Access
from tests.authorization.fakes import CONTRACT, EMAID, NOW

BERLIN = "Europe/Berlin"
PUBLIC = SiteHere("park", Access.PUBLIC, frozenset(), BERLIN)
CCS, TYPE_2 = ConnectorType.CCS, ConnectorType.TYPE_2


def evse(number: int, *connectors: ConnectorType, site: SiteHere | None = PUBLIC) -> PlacedEvse:
    return PlacedEvse(number, f"DEABCE{number}", f"DE*ABC*E{number}", frozenset(connectors), site)


def attempt(*evses: PlacedEvse, now: datetime = NOW, evse_key: str | None = None) -> Attempt:
    keys = tuple(one.key for one in evses)
    placed = evses if any(one.site is not None for one in evses) else ()
    claim = EmaidClaim(EMAID)
    place = Place("CS-1", "DEABC", keys, placed=placed)
    return Attempt(claim, claim, CONTRACT, place, now, evse_key)
