"""What the console's search box looks things up by."""

from collections.abc import Iterator

from authorization.operations.read_decision import ReadDecision
from console.model.search import Thing
from console.operations.find_anything import Hit, LookUp
from foundation.principal import Principal


def decision_by_reference(read: ReadDecision) -> LookUp:
    """Return the look-up of a decision by its reference."""

    def look_up(principal: Principal, text: str) -> Iterator[Hit]:
        record, _ = read(principal, text.lower())
        yield Hit(Thing.DECISION, text.lower(), record.decision.outcome.value)

    return look_up
