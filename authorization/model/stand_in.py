"""EMAIDs of nobody, which stand where a kept decision must not name anybody."""

from foundation.identifiers import Emaid

STAND_IN = Emaid.parse("XXXXXC00000000")
"""The contract that the decision is about."""

ANOTHER = Emaid.parse("XXYYYC00000001")
"""Any other one, of another provider."""
