"""A coverage-guided fuzz target, by hand: `python -m tests.exi.fuzz_decode [FOLDER] [-runs=N]`.

Needs atheris, which is not among the locked tools. Whatever the bytes: an ExiError, or a message
that is written again as it was read. `test_damaged.py` mutates published messages in every run.
"""

import sys
from importlib import import_module

from exi import ExiError, Facets, Schema, decode, decode_fragment, encode, encode_fragment
from exi.roots import FRAGMENTS

ELEMENTS = [root.cls for several in FRAGMENTS.values() for roots in several for root in roots.known]


def read_all(octets: bytes) -> None:
    """Read `octets` as every kind of message and fragment."""
    for facets in Facets:
        for schema in Schema:
            try:
                message = decode(octets, schema, facets)
            except ExiError:
                continue
            if encode(message, facets) != octets:
                raise AssertionError("a message with two spellings")
        for element in ELEMENTS:
            try:
                value = decode_fragment(octets, element, facets)
            except ExiError:
                continue
            if encode_fragment(value, facets) != octets:
                raise AssertionError("a fragment with two spellings")


if __name__ == "__main__":
    atheris = import_module("atheris")
    atheris.instrument_all()
    atheris.Setup(sys.argv, read_all)
    atheris.Fuzz()
