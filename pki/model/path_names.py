"""Comparing names of issuers and subjects."""

from cryptography import x509

CanonicalName = tuple[frozenset[tuple[str, str]], ...]


def canonical_name(name: x509.Name) -> CanonicalName:
    """Return a name for comparison: case and runs of spaces do not count (RFC 5280 section 7.1)."""
    return tuple(
        frozenset(
            (attribute.oid.dotted_string, _folded(attribute.value)) for attribute in component
        )
        for component in name.rdns
    )


def _folded(value: str | bytes) -> str:
    return " ".join(value.split()).casefold() if isinstance(value, str) else value.hex()
