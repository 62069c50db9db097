"""Values that remember how a foreign encoder spelled them.

EXI lets one value be written in more than one way. What was signed has to be written again bit
for bit, so the rarer spelling travels with the value. Each of these equals the plain value that
it stands for; what evtrust makes itself is plain.
"""

from typing import TypeVar

_Item_co = TypeVar("_Item_co", covariant=True)


class EscapedText(str):
    """An empty string whose element was ended by the undeclared EE, instead of an empty CH."""

    __slots__ = ()


class EscapedOctets(bytes):
    """An empty binary value whose element was ended by the undeclared EE."""

    __slots__ = ()


class EndedOtherwise(tuple[_Item_co, ...]):
    """A full list that was ended by the code which we do not write for it."""

    __slots__ = ()
