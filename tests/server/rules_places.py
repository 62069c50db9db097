"""The rules of sites, access groups and contracts' restrictions."""

from collections.abc import Mapping

from tests.server.assembly import OURS
from tests.server.rule import OPERATOR, PROVIDER, READING_PROVIDER, Rule

PLACE_RULES: Mapping[tuple[str, str], Rule] = {
    ("GET", "/v1/sites"): Rule(None, OPERATOR | {"auditor"}, blind=frozenset({"other_cpo"})),
    # files, asked in other words in tests/server/test_sites_api.py
    ("POST", "/v1/sites/import"): Rule(None, OPERATOR | {"other_cpo"}, "body_not_sites"),
    ("POST", "/v1/sites/import-ocpi-locations"): Rule(
        None, OPERATOR | {"other_cpo"}, "invalid_locations"
    ),
    ("GET", "/v1/sites/{operator_id}/{site_id}"): Rule(
        None, OPERATOR | {"auditor"}, path="/v1/sites/" + OURS + "/{site_id}"
    ),
    ("DELETE", "/v1/sites/{operator_id}/{site_id}"): Rule(
        None, OPERATOR, 204, path="/v1/sites/" + OURS + "/{site_id}"
    ),
    ("DELETE", "/v1/sites/{operator_id}/{site_id}/evses/{evse_id}"): Rule(
        None, OPERATOR, 204, path="/v1/sites/" + OURS + "/{site_id}/evses/{evse_id}"
    ),
    ("GET", "/v1/access-groups"): Rule(
        None, OPERATOR | {"auditor"}, blind=frozenset({"other_cpo"})
    ),
    ("PUT", "/v1/access-groups/{operator_id}/{group_id}"): Rule(
        {"contracts": ["{emaid}"]}, OPERATOR, path="/v1/access-groups/" + OURS + "/{group_id}"
    ),
    ("GET", "/v1/access-groups/{operator_id}/{group_id}"): Rule(
        None, OPERATOR | {"auditor"}, path="/v1/access-groups/" + OURS + "/{group_id}"
    ),
    ("DELETE", "/v1/access-groups/{operator_id}/{group_id}"): Rule(
        None, OPERATOR, 204, path="/v1/access-groups/" + OURS + "/{group_id}"
    ),
    ("GET", "/v1/contracts/{emaid}/restrictions"): Rule(None, READING_PROVIDER),
    ("PUT", "/v1/contracts/{emaid}/restrictions"): Rule(
        {"connector_types": ["CCS"]}, PROVIDER, 204
    ),
    ("DELETE", "/v1/contracts/{emaid}/restrictions"): Rule(None, PROVIDER, 204),
}
