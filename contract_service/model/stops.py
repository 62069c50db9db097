"""Common ends of an installation without a contract."""

from contract_service.model.installation import Objection, StepName
from contract_service.model.vehicle_request import Stopped
from foundation.errors import Refused


def no_contract(refused: Refused) -> Stopped:
    """No contract stands for the vehicle, or none that it could use."""
    return Stopped.at(StepName.CONTRACT, Objection.NO_CONTRACT, refused)


def too_large(octets: int, most: int) -> Stopped:
    """The answer does not fit into what carries it to the vehicle."""
    return Stopped(
        StepName.ANSWER,
        Objection.FAILED,
        "answer_too_large",
        f"the answer has {octets} octets and the station's protocol carries {most}; ask over "
        "a version that carries more",
    )


def too_many(who: str) -> Stopped:
    """A vehicle or a station asked too often."""
    return Stopped(
        StepName.LIMIT,
        Objection.FAILED,
        "too_many_requests",
        f"{who} has asked too often; ask again in a minute",
    )
