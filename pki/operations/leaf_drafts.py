"""Linted drafts of leaves: the first of a make is built, the others are written by its template."""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from pki.model.build import Plan, build_linted_draft
from pki.model.draft_template import DraftTemplate, Leaf, learn_draft_template
from pki.model.roles import CertificateRole, Edition
from pki.operations.certifying import ThrowawayKeys

_CAPACITY = 256
"""Own judgement: makes that are remembered. They are few: authorities, roles, lengths of names."""


@dataclass(frozen=True, slots=True)
class Make:
    """What leaves of one template have in common beside the profiles and what is published.

    `issuer` is its certificate (DER), `length` that of the common name.
    """

    issuer: bytes
    issuer_name: str
    edition: Edition
    role: CertificateRole
    organization: str | None
    length: int


class LeafDrafts:
    """Makes linted drafts of leaves, for one set of profiles and one publication."""

    def __init__(self, throwaway: ThrowawayKeys) -> None:
        self._throwaway = throwaway
        self._templates: dict[Make, DraftTemplate] = {}

    def __call__(self, make: Make, leaf: Leaf, plan: Callable[[], Plan]) -> bytes:
        """Return the leaf's TBSCertificate, linted; `plan` says the same, for the whole way.

        Raises INVALID `profile_violated` and what `plan` and building raise.
        """
        template = self._templates.get(make)
        written = None if template is None else template.draft(leaf)
        return self._build(make, plan()) if written is None else written

    def _build(self, make: Make, plan: Plan) -> bytes:
        throwaway = self._throwaway(plan.signature)
        draft = build_linted_draft(plan, throwaway)
        if make not in self._templates and isinstance(throwaway, EllipticCurvePrivateKey):
            template = learn_draft_template(plan, draft, throwaway)
            if template is not None:
                if len(self._templates) >= _CAPACITY:
                    self._templates.clear()
                self._templates[make] = template
        return draft.tbs_certificate_bytes
