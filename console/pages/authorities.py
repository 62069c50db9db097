"""Certificate authorities: the tree, and each with its list and what it issued."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from console.model.certificate import decoded
from console.model.roles import Permission
from console.pages.who import actor, reader
from foundation.clock import Clock
from foundation.errors import Kind, ServiceError
from pki.model.authority import Authority
from pki.operations.find_certificates import FindCertificates
from pki.operations.list_authorities import ListAuthorities, ShowAuthority
from pki.operations.publish_crl import PublishCrl
from pki.operations.status_ports import StoredCrl

PAGE = 50

NewestCrl = Callable[[str], StoredCrl | None]
NewestSigner = Callable[[str, datetime], datetime | None]
"""Authority's name, present -> when its newest OCSP signer ends, None without any."""


@dataclass(frozen=True, slots=True)
class AuthorityPages:
    """What these pages translate for."""

    list: ListAuthorities
    show: ShowAuthority
    find: FindCertificates
    newest_crl: NewestCrl
    newest_signer: NewestSigner
    publish_crl: PublishCrl
    clock: Clock


@dataclass(frozen=True, slots=True)
class Branch:
    """An authority with those below it."""

    authority: Authority
    below: Sequence["Branch"]


def authorities_pages(operations: AuthorityPages) -> Blueprint:
    """Return the tree of authorities and the page of each."""
    pages = Blueprint("authorities", __name__, url_prefix="/authorities")

    @pages.get("")
    def list() -> str:  # noqa: A001 - the endpoint's name
        principal = reader()
        return render_template(
            "authorities.html",
            title="Authorities",
            roots=_tree(operations.list(principal)),
            unfinished=operations.list.unfinished(principal),
            now=operations.clock(),
        )

    @pages.get("/<name>")
    def show(name: str) -> str:
        principal, now = reader(), operations.clock()
        details = operations.show(principal, name)
        authority = details.authority
        found, following = operations.find.of_issuer(
            principal, authority.name, request.args.get("after"), PAGE
        )
        certificate = authority.certificate
        return render_template(
            "authority.html",
            title=authority.name,
            authority=authority,
            fields=() if certificate is None else decoded(certificate),
            record=details.record,
            crl=operations.newest_crl(authority.name),
            signer=operations.newest_signer(authority.name, now),
            issued=found,
            following=following,
            now=now,
        )

    @pages.post("/<name>/crl")
    def publish(name: str) -> Response:
        actor(Permission.CERTIFY)
        authority = operations.show(reader(), name).authority
        if not authority.online:
            raise ServiceError(
                Kind.CONFLICT,
                "key_offline",
                f"its key is offline: run `evtrust ca crl {authority.name}` where the key is",
            )
        published = operations.publish_crl(authority.name)
        flash(f"List number {published.number} is published.", "success")
        return redirect(url_for("authorities.show", name=authority.name))

    return pages


def _tree(authorities: Sequence[Authority]) -> Sequence[Branch]:
    names = {authority.name for authority in authorities}
    below: dict[str | None, list[Authority]] = {}
    for authority in authorities:
        parent = authority.parent if authority.parent in names else None
        below.setdefault(parent, []).append(authority)
    return _branches(below, None)


def _branches(below: Mapping[str | None, Sequence[Authority]], name: str | None) -> list[Branch]:
    return [Branch(one, _branches(below, one.name)) for one in below.get(name, ())]
