"""JSON documents that commands take as a file: the bodies of the HTTP routes that do the same."""

from typing import BinaryIO, TypeVar

from pydantic import BaseModel, ValidationError

from foundation.errors import Kind, ServiceError
from foundation.hot_routes import wrong_fields

MAXIMUM_BYTES = 1024 * 1024
"""Own judgement: an access group of 2000 members has some 100 kB."""

Document = TypeVar("Document", bound=BaseModel)


def read_document(model: type[Document], file: BinaryIO) -> Document:
    """Return what the file says; its values are quoted nowhere.

    Raises ServiceError TOO_LARGE (`file_too_large`), MALFORMED (`invalid_document` with the
    fields).
    """
    text = file.read(MAXIMUM_BYTES + 1)
    if len(text) > MAXIMUM_BYTES:
        raise ServiceError(
            Kind.TOO_LARGE, "file_too_large", f"the file has more than {MAXIMUM_BYTES} bytes"
        )
    try:
        return model.model_validate_json(text)
    except ValidationError as failure:
        fields = {name or "document": wrong for name, wrong in wrong_fields(failure).items()}
    raise ServiceError(
        Kind.MALFORMED,
        "invalid_document",
        "FILE is not such a JSON object; docs/sites.md shows one",
        fields,
    )
