"""Whether an identifier stands for one vehicle, as far as its model and software are known."""

from enum import StrEnum


class Compatibility(StrEnum):
    """What is known of the identifiers that a vehicle's model sends."""

    UNIQUE = "unique"  # one identifier a vehicle, for good
    SHARED = "shared"  # several vehicles send the same one
    ROTATING = "rotating"  # one vehicle sends one after another
    UNKNOWN = "unknown"
