"""The one error of the codec."""

from types import MappingProxyType

from foundation.errors import Kind, ServiceError


class ExiError(ServiceError):
    """Bytes that are no message of ours, or a message that cannot be written.

    Kind MALFORMED. `code` is one of: `exi_header`, `exi_too_large`, `exi_truncated`,
    `exi_trailing`, `exi_unexpected` (the grammar has no such event here), `exi_unsupported` (it
    has, this codec does not), `exi_string_table`, `exi_limit` (a value outside its facets),
    `exi_missing` (an element to be written is absent or out of place), `exi_json`.

    `bit` is where reading stopped, counted from the first bit of the data; None where nothing
    was read. `path` names the elements around the fault, outermost first. Neither they nor
    `detail` quote a value.
    """

    def __init__(self, code: str, detail: str, *, bit: int | None = None) -> None:
        placed = detail if bit is None else f"{detail} (bit {bit})"
        super().__init__(Kind.MALFORMED, code, placed)
        self.bit = bit
        self.path: tuple[str, ...] = ()

    def inside(self, name: str) -> "ExiError":
        """Say that the fault lies within `name`; called outwards, element by element."""
        self.path = (name, *self.path)
        self.fields = MappingProxyType({"/".join(self.path): self.detail})
        return self
