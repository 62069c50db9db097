"""What is wrong with an identifier: an error that refuses it, a warning that travels with it."""

from dataclasses import dataclass

from foundation.errors import Kind, ServiceError


class InvalidIdentifier(ServiceError):  # noqa: N818 - the name that every context uses
    """A text that is no identifier of the kind that was asked for (kind MALFORMED).

    `code` is `invalid_` + the kind (`invalid_emaid`) unless said otherwise. `detail` says which
    form is expected and never repeats the text: an EMAID, VIN or MAC is personal.
    """

    def __init__(self, identifier: str, detail: str, *, code: str | None = None) -> None:
        super().__init__(Kind.MALFORMED, code or f"invalid_{identifier}", detail)


@dataclass(frozen=True, slots=True)
class IdentifierWarning:
    """Something odd about an identifier that is nevertheless accepted.

    `code` is a stable snake_case word, `detail` one sentence that does not repeat the identifier.
    """

    code: str
    detail: str
