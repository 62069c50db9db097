"""Asking for what has to be refused."""

from typing import Any

from contract_service.model.installation import StepName
from exi import Schema
from tests.contract_service.provisioning.works import Car, Works, code_of
from tests.server.assembly import all_rows

NO_CONTRACT = ("FAILED_NoCertificateAvailable", "WARNING_NoContractMatchingPCIDFound")


def pool_of(works: Works) -> dict[str, list[str]]:
    """Everything that is stored but the record of the installation itself."""
    return {
        name: rows
        for name, rows in all_rows(works.database).items()
        if name not in {"contract_installations", "outbox"}
    }


def refused(
    works: Works, car: Car, message: Any, codes: tuple[str, str], step: str, **more: Any
) -> Any:
    """Ask, and check that the answer says no in valid EXI and that nothing else was stored."""
    before = pool_of(works)
    schema = car.published.schema
    installed = works.ask(car, message, **more)
    wanted = codes[schema is Schema.ISO15118_20]
    assert not installed.accepted
    assert installed.response_code == wanted, installed.steps
    assert code_of(installed.exi, schema) == wanted
    assert installed.emaids == ()
    assert [one.name for one in installed.steps if not one.passed] == [step]
    in_order = list(StepName)[1:]
    assert [one.name for one in installed.steps if one.passed] == in_order[
        : in_order.index(StepName(step))
    ]
    assert installed.steps[-1].code
    assert installed.steps[-1].detail
    assert pool_of(works) == before
    record = works.log.find(installed.reference)
    assert record is not None
    assert (record.steps, record.accepted) == (installed.steps, False)
    assert "contract_data.delivered" not in works.events()
    return installed
