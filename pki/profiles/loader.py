"""Reads the profile files into validated profiles; nonsense stops the start, its place named."""

import tomllib
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from importlib import resources
from typing import Any, TypeVar

from foundation.errors import Kind, ServiceError
from pki.model.profile import (
    ROOT_ROLES,
    CommonNameForm,
    DomainComponent,
    ExtendedKeyUsages,
    ExtendedUsage,
    KeyUsageBit,
    Lifetime,
    Limit,
    Profile,
    Profiles,
)
from pki.model.roles import CertificateRole, Edition, KeyAlgorithm

FILES = ("iso15118-2.toml", "iso15118-20.toml")

V = TypeVar("V")
E = TypeVar("E", bound=StrEnum)

_EXTENDED_USAGES = {
    "serverAuth": ExtendedUsage.SERVER_AUTH,
    "clientAuth": ExtendedUsage.CLIENT_AUTH,
    "OCSPSigning": ExtendedUsage.OCSP_SIGNING,
}
_LIMITS = frozenset(Profile.__dataclass_fields__) - {"edition", "role", "authority"}


def load_profiles() -> Profiles:
    """Return the shipped profiles of both editions; INVALID where a file holds nonsense."""
    profiles: dict[tuple[Edition, CertificateRole], Profile] = {}
    for name in FILES:
        text = resources.files("pki.profiles").joinpath(name).read_text(encoding="utf-8")
        profiles |= parse_profiles(text, name)
    return profiles


def parse_profiles(text: str, source: str) -> Profiles:
    """Return the profiles that one TOML file defines; `source` names it in errors.

    Raises INVALID `profile_invalid` for unknown words, missing clauses and limits that contradict
    each other.
    """
    try:
        document = tomllib.loads(text)
        edition = _word(Edition, document.pop("edition", None), "edition")
        defaults = _table(document.pop("defaults", {}), "defaults")
        roles = _table(document.pop("roles", None), "roles")
        _nothing_left(document, "the file")
        profiles: dict[tuple[Edition, CertificateRole], Profile] = {}
        for name, table in roles.items():
            role = _word(CertificateRole, name, "roles")
            profiles[edition, role] = _profile(edition, role, {**defaults, **_table(table, name)})
        for profile in profiles.values():
            _consistent(profile, profiles)
    except (_NonsenseError, tomllib.TOMLDecodeError) as failure:
        raise ServiceError(
            Kind.INVALID, "profile_invalid", f"certificate profile {source}: {failure}; correct it"
        ) from failure
    return profiles


class _NonsenseError(ValueError):
    """What is wrong with a file and where, for the error that names the file."""


def _profile(edition: Edition, role: CertificateRole, table: dict[str, Any]) -> Profile:
    authority = table.pop("authority", None)
    if not isinstance(authority, bool):
        raise _NonsenseError(f"{role}: authority must be true or false")
    if set(table) != _LIMITS:
        strange = ", ".join(sorted(set(table) ^ _LIMITS))
        raise _NonsenseError(f"{role}: missing or unknown: {strange}")
    algorithms = _limit(role, "algorithms", table, lambda t: _words(KeyAlgorithm, t.pop("value")))

    def key_usage(t: dict[str, Any]) -> Mapping[KeyAlgorithm, frozenset[KeyUsageBit]]:
        usual = _words(KeyUsageBit, t.pop("value"))
        other = {a: _words(KeyUsageBit, t.pop(a)) for a in algorithms.value if a in t}
        return {a: other.get(a, usual) for a in algorithms.value}

    return Profile(
        edition=edition,
        role=role,
        algorithms=algorithms,
        maximum_der_bytes=_limit(role, "maximum_der_bytes", table, _positive("value")),
        issuers=_limit(role, "issuers", table, lambda t: _words(CertificateRole, t.pop("value"))),
        common_name=_limit(
            role, "common_name", table, lambda t: _word(CommonNameForm, t.pop("value"), "value")
        ),
        domain_component=_limit(role, "domain_component", table, _domain_component),
        authority=authority,
        path_length=_limit(role, "path_length", table, _path_length),
        key_usage=_limit(role, "key_usage", table, key_usage),
        extended_key_usage=_limit(role, "extended_key_usage", table, _extended_key_usage),
        ocsp_url=_limit(role, "ocsp_url", table, lambda t: _flag(t.pop("value"))),
        ocsp_no_check=_limit(role, "ocsp_no_check", table, lambda t: _flag(t.pop("value"))),
        ski_lengths=_limit(role, "ski_lengths", table, _ski_lengths),
        lifetime=_limit(role, "lifetime", table, _lifetime),
    )


def _limit(
    role: CertificateRole, name: str, table: dict[str, Any], parse: Callable[[dict[str, Any]], V]
) -> Limit[V]:
    place = f"{role}.{name}"
    entry = dict(_table(table[name], place))
    clause = entry.pop("clause", None)
    if not isinstance(clause, str) or not clause.strip():
        raise _NonsenseError(f"{place}: names no clause")
    try:
        value = parse(entry)
    except KeyError as missing:
        raise _NonsenseError(f"{place}: lacks {missing}") from missing
    except _NonsenseError as failure:
        raise _NonsenseError(f"{place}: {failure}") from failure
    _nothing_left(entry, place)
    return Limit(value, clause)


def _domain_component(entry: dict[str, Any]) -> DomainComponent:
    return DomainComponent(
        accepted=frozenset(_texts(entry.pop("accepted"))),
        required=_flag(entry.pop("required")),
        issued=entry.pop("issued", None),
        inherited=_flag(entry.pop("inherited", False)),
    )


def _extended_key_usage(entry: dict[str, Any]) -> ExtendedKeyUsages:
    def usages(names: object) -> frozenset[ExtendedUsage]:
        unknown = [name for name in _texts(names) if name not in _EXTENDED_USAGES]
        if unknown:
            raise _NonsenseError(f"unknown extended key usage {unknown[0]!r}")
        return frozenset(_EXTENDED_USAGES[name] for name in _texts(names))

    return ExtendedKeyUsages(
        required=usages(entry.pop("required")),
        optional=usages(entry.pop("optional")),
        critical=_flag(entry.pop("critical", False)),
    )


def _path_length(entry: dict[str, Any]) -> int | None:
    value = entry.pop("value", None)
    if value is not None and (type(value) is not int or value < 0):
        raise _NonsenseError("a path length is a number from 0, or absent")
    return value


def _ski_lengths(entry: dict[str, Any]) -> tuple[int, ...]:
    lengths = entry.pop("value")
    if not isinstance(lengths, list) or not lengths or not set(lengths) <= {8, 20}:
        raise _NonsenseError("key identifiers have 20 or 8 octets (RFC 5280 section 4.2.1.2)")
    return tuple(lengths)


def _lifetime(entry: dict[str, Any]) -> Lifetime:
    below = "maximum_below_online_days"
    lifetime = Lifetime(
        default=timedelta(days=_positive("default_days")(entry)),
        maximum=timedelta(days=_positive("maximum_days")(entry)),
        maximum_below_online=timedelta(days=_positive(below)(entry)) if below in entry else None,
    )
    if lifetime.default > min(lifetime.maximum, lifetime.maximum_below_online or timedelta.max):
        raise _NonsenseError("the default exceeds the maximum")
    return lifetime


def _consistent(profile: Profile, profiles: Profiles) -> None:
    place = f"{profile.role}"
    if (profile.role in ROOT_ROLES) is bool(profile.issuers.value):
        raise _NonsenseError(f"{place}: a root has no issuers, everything else has some")
    for issuer in profile.issuers.value:
        above = profiles.get((profile.edition, issuer))
        if above is None or not above.authority:
            raise _NonsenseError(f"{place}: its issuer {issuer} is no authority of this file")
    signs = {KeyUsageBit.KEY_CERT_SIGN in bits for bits in profile.key_usage.value.values()}
    if signs != {profile.authority}:
        raise _NonsenseError(f"{place}: keyCertSign belongs to authorities and to them alone")
    if profile.path_length.value is not None and not profile.authority:
        raise _NonsenseError(f"{place}: a path length belongs to authorities alone")
    if (profile.common_name.value is CommonNameForm.AUTHORITY) is not profile.authority:
        raise _NonsenseError(f"{place}: the common name's form does not fit")
    component = profile.domain_component.value
    if component.issued is not None and component.issued not in component.accepted:
        raise _NonsenseError(f"{place}: issues a domain component that it does not accept")
    if component.required and component.issued is None and not component.inherited:
        raise _NonsenseError(f"{place}: requires a domain component and issues none")


def _word(kind: type[E], value: object, place: str) -> E:
    try:
        return kind(str(value))
    except ValueError as unknown:
        raise _NonsenseError(f"{place}: {value!r} is none of {', '.join(kind)}") from unknown


def _words(kind: type[E], values: object) -> frozenset[E]:
    return frozenset(_word(kind, value, "value") for value in _texts(values))


def _texts(values: object) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(v, str) and v for v in values):
        raise _NonsenseError("must be a list of words")
    if len(set(values)) != len(values):
        raise _NonsenseError("names one word twice")
    return values


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _NonsenseError("must be true or false")
    return value


def _positive(name: str) -> Callable[[dict[str, Any]], int]:
    def parse(entry: dict[str, Any]) -> int:
        value = entry.pop(name)
        if type(value) is not int or not 0 < value < 100_000:
            raise _NonsenseError(f"{name} must be a number from 1 to 99999")
        return value

    return parse


def _table(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _NonsenseError(f"{place}: must be a table")
    return value


def _nothing_left(entry: Mapping[str, Any], place: str) -> None:
    if entry:
        raise _NonsenseError(f"{place}: unknown: {', '.join(sorted(entry))}")
