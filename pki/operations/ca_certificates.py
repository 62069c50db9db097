"""The authorities above a kind of leaf, for whoever is going to trust or to present them."""

from dataclasses import dataclass

from pki.operations.certifying import Issuers


@dataclass(frozen=True, slots=True)
class CaCertificates:
    """Distributes authority certificates (RFC 7030 section 4.1); they are public."""

    issuers: Issuers

    def __call__(self, slot: str) -> tuple[bytes, ...]:
        """Return the chain of the slot's active authority, DER: Sub-CA 2, Sub-CA 1, root.

        Somebody else's root that was never supplied is left out. Raises NOT_FOUND
        `authority_unknown`, CONFLICT for an authority that does not stand.
        """
        issuer = self.issuers(slot)
        return issuer.chain if issuer.root is None else (*issuer.chain, issuer.root)
