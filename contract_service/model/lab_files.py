"""The files of a lab kit: what each stack calls them, and what stands in them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from asn1crypto import pkcs12 as asn1_pkcs12
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import (
    PBES,
    serialize_key_and_certificates,
)

from contract_service.model.java_keystore import (
    SALT_BYTES,
    KeyEntry,
    TrustedEntry,
    java_keystore,
)
from contract_service.model.lab_pki import LabMember, LabPki
from contract_service.model.pem import chain_pem
from pki.model.roles import Edition

RandomBytes = Callable[[int], bytes]


class LabForm(StrEnum):
    """What a file holds of the members that its row names.

    Certificates are PEM, or DER where the file's name ends so; keys are encrypted PKCS#8 in PEM.
    """

    CERTIFICATE = "certificate"  # of each member, in order
    CHAIN = "chain"  # the member's and those above it, the root left out
    ABOVE = "above"  # the same without the member's own
    CRL = "crl"  # the member's, DER
    KEY = "key"
    OLD_KEY = "old_key"  # DER, by PBE-SHA1-3DES of PKCS#12, which Java 8 reads
    PASSWORD = "password"  # noqa: S105 - a form's name; the password itself, one line
    PASSWORDS = "passwords"
    PKCS12 = "pkcs12"  # key and chain under an alias
    KEYSTORE = "keystore"  # JKS: keys and chains under aliases
    TRUSTSTORE = "truststore"  # JKS: certificates under aliases


SECRET_FORMS = frozenset(
    {
        LabForm.KEY,
        LabForm.OLD_KEY,
        LabForm.PASSWORD,
        LabForm.PASSWORDS,
        LabForm.PKCS12,
        LabForm.KEYSTORE,
    }
)
"""What only its owner may read."""


@dataclass(frozen=True, slots=True)
class LabFile:
    """One row of a layout: a relative path, a form, and members by alias in order."""

    path: str
    form: LabForm
    members: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LabLayout:
    """How one stack names its files.

    `folders` says where each edition goes ("" is the kit's own folder); `files` are the same in
    each, but rows whose members an edition lacks (a vehicle's TLS certificate) are left out.
    """

    name: str
    password: str
    folders: Mapping[Edition, str]
    files: Sequence[LabFile]


LabLayouts = Mapping[str, LabLayout]


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds, and whether only its owner may read it."""

    octets: bytes
    secret: bool


def applicable(files: Sequence[LabFile], pki: LabPki) -> tuple[LabFile, ...]:
    """Return the rows whose members this PKI has."""
    return tuple(f for f in files if all(name in pki.members for _, name in f.members))


def render(
    file: LabFile, pki: LabPki, password: str, made_at: datetime, random_bytes: RandomBytes
) -> Content:
    """Return what stands in a file."""
    match file.form:
        case LabForm.KEYSTORE | LabForm.TRUSTSTORE:
            octets = _java_store(file, pki, password, made_at, random_bytes)
        case LabForm.KEY | LabForm.OLD_KEY | LabForm.PKCS12:
            octets = _key(file, pki, password)
        case LabForm.PASSWORD:
            octets = f"{password}\n".encode()
        case LabForm.PASSWORDS:
            octets = f"{password}\n{password}\n".encode()
        case LabForm.CRL:
            octets = pki.crls[file.members[0][1]]
        case _:
            octets = _certificates(file, pki)
    return Content(octets, file.form in SECRET_FORMS)


def _certificates(file: LabFile, pki: LabPki) -> bytes:
    chain = pki.chain(file.members[0][1])
    ders = {
        LabForm.CERTIFICATE: [pki.members[name].der for _, name in file.members],
        LabForm.CHAIN: _ders(chain),
        LabForm.ABOVE: _ders(chain[1:]),
    }[file.form]
    return b"".join(ders) if file.path.endswith(".der") else chain_pem(ders).encode()


def _key(file: LabFile, pki: LabPki, password: str) -> bytes:
    ((alias, name),) = file.members
    member = pki.members[name]
    encryption = BestAvailableEncryption(password.encode())
    if file.form is LabForm.KEY:
        return member.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    if file.form is LabForm.OLD_KEY:
        return _old_key(member, password)
    above = [one.certificate for one in pki.chain(name)[1:]]
    return serialize_key_and_certificates(
        alias.encode(), member.key, member.certificate, above, encryption
    )


def _java_store(
    file: LabFile, pki: LabPki, password: str, made_at: datetime, random_bytes: RandomBytes
) -> bytes:
    if file.form is LabForm.TRUSTSTORE:
        trusted = [TrustedEntry(alias, pki.members[name].der) for alias, name in file.members]
        return java_keystore(trusted, password, made_at)
    keys = [
        KeyEntry(alias, pki.members[name].key, _ders(pki.chain(name)), random_bytes(SALT_BYTES))
        for alias, name in file.members
    ]
    return java_keystore(keys, password, made_at)


def _ders(members: Sequence[LabMember]) -> tuple[bytes, ...]:
    return tuple(member.der for member in members)


def _old_key(member: LabMember, password: str) -> bytes:
    """Return the EncryptedPrivateKeyInfo that PKCS#12 calls a shrouded key bag.

    `cryptography` writes PKCS#8 itself with PBES2 alone, at which Java 8 stumbles.
    """
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(2048)
        .key_cert_algorithm(PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .build(password.encode())
    )
    store = asn1_pkcs12.Pfx.load(
        serialize_key_and_certificates(None, member.key, None, None, encryption)
    )
    contents = asn1_pkcs12.AuthenticatedSafe.load(store["auth_safe"]["content"].native)
    for info in contents:
        for bag in asn1_pkcs12.SafeContents.load(info["content"].native):
            if bag["bag_id"].native == "pkcs8_shrouded_key_bag":
                der: bytes = bag["bag_value"].untag().dump()
                return der
    raise AssertionError("a PKCS#12 with a key holds a key bag")
