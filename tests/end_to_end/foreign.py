"""A foreign contract PKI, made today: sound where a test does not want it otherwise."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tests.pki.validation.authorities import Authority, certify, name

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
DAY = dt.timedelta(days=1)


def authority(
    label: str, issuer: Authority | None = None, path_length: int | None = None
) -> Authority:
    return certify(
        name(f"Foreign {label}"),
        issuer,
        ca=True,
        path_length=path_length,
        start=NOW - 30 * DAY,
        end=NOW + 1000 * DAY,
    )


@dataclass(frozen=True)
class ForeignPki:
    """MO root, Sub-CA 1 and Sub-CA 2 of somebody else."""

    label: str = ""

    @cached_property
    def root(self) -> Authority:
        return authority(f"Root {self.label}")

    @cached_property
    def sub1(self) -> Authority:
        return authority(f"Sub1 {self.label}", self.root, 1)

    @cached_property
    def sub2(self) -> Authority:
        return authority(f"Sub2 {self.label}", self.sub1, 0)

    def leaf(
        self,
        common_name: str,
        issuer: Authority | None = None,
        *,
        start: dt.datetime = NOW - DAY,
        end: dt.datetime = NOW + 100 * DAY,
        curve: ec.EllipticCurve | None = None,
        key_usage: frozenset[str] | None = None,
        domain: str = "MO",
    ) -> Authority:
        """Return a contract certificate below Sub-CA 2, or below `issuer`."""
        return certify(
            name(common_name, domain),
            issuer or self.sub2,
            start=start,
            end=end,
            curve=curve,
            key_usage=key_usage,
        )


def pem(*certificates: Authority) -> str:
    """Return the certificates as PEM, in the order given."""
    return "".join(one.certificate.public_bytes(Encoding.PEM).decode() for one in certificates)
