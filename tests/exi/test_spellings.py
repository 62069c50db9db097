"""One value, several spellings: both are read, and each is written again as it was read."""

from typing import Any

import pytest

from exi import ExiError, Facets, Schema, decode, decode_fragment, encode, encode_fragment
from exi.messages import iso15118_2, iso15118_20
from exi.messages.xmldsig import SignedInfo, X509IssuerSerial
from exi.spellings import EndedOtherwise, EscapedOctets, EscapedText
from tests.exi.vectors import stream

ROOTS = tuple(X509IssuerSerial(issuer_name=f"CN={n}", serial_number=n) for n in range(20))
EMPTY_ESCAPED, EMPTY_TYPED = "1000", "0" + "00000010" + "0"


def bits(octets: bytes) -> str:
    return "".join(f"{octet:08b}" for octet in octets)


def fragment_bits(octets: bytes) -> str:
    """The bits up to and with End Fragment (244), without those that fill the last byte."""
    return bits(octets).rstrip("0") + "00"


def octets(text: str) -> bytes:
    padded = text + "0" * (-len(text) % 8)
    return bytes(int(padded[at : at + 8], 2) for at in range(0, len(padded), 8))


def request(roots: tuple[X509IssuerSerial, ...]) -> iso15118_2.CertificateInstallationReq:
    return iso15118_2.CertificateInstallationReq(
        id="id1", oem_provisioning_certificate=b"\x30", root_certificate_ids=roots
    )


def chain(count: int, kind: type[tuple[bytes, ...]] = tuple) -> iso15118_2.CertificateChain:
    subs = kind(bytes([number]) for number in range(count))
    return iso15118_2.CertificateChain(id="id1", certificate=b"\x30", sub_certificates=subs)


@pytest.mark.parametrize("count", range(1, 5))
def test_the_end_of_sub_certificates(count: int) -> None:
    """A full list has one bit; the parent's end (0) and End Fragment (244) follow it."""
    written = fragment_bits(encode_fragment(chain(count)))
    last = f"{count - 1:08b}" + "0"
    ending = "0" if count == 4 else "01"
    assert written.endswith(last + ending + "0" + "11110100")


def test_a_full_list_ended_otherwise() -> None:
    """Widely used decoders expect 01 at the end of every list, and their encoders write it."""
    plain, other = chain(4), chain(4, EndedOtherwise)
    assert plain == other
    assert (
        len(bits(encode_fragment(other)).rstrip("0"))
        == len(bits(encode_fragment(plain)).rstrip("0")) + 1
    )
    for written in (encode_fragment(plain), encode_fragment(other)):
        read = decode_fragment(written, iso15118_2.CertificateChain)
        assert read == plain
        assert encode_fragment(read) == written
    assert type(decode_fragment(encode_fragment(plain), type(plain)).sub_certificates) is tuple


def test_twenty_roots_are_written_as_the_reference_encoder_does() -> None:
    """In ISO 15118-2 it ends them with 01, in -20 with 0; both are read in both."""
    long, short = encode_fragment(request(ROOTS)), encode_fragment(request(EndedOtherwise(ROOTS)))
    assert len(fragment_bits(long)) == len(fragment_bits(short)) + 1
    for written in (long, short):
        read = decode_fragment(written, iso15118_2.CertificateInstallationReq)
        assert read == request(ROOTS)
        assert encode_fragment(read) == written


def test_one_more_than_a_full_list() -> None:
    with pytest.raises(ExiError) as refusal:
        encode_fragment(chain(5))
    assert (refusal.value.code, refusal.value.path[-1]) == ("exi_limit", "Certificate")
    full = fragment_bits(encode_fragment(chain(4))).removesuffix("00" + "11110100")
    fifth = "00" + "0" + "00000001" + "00000111" + "0"
    with pytest.raises(ExiError) as refusal:
        decode_fragment(octets(full + fifth + "01" + "0" + "11110100"), iso15118_2.CertificateChain)
    assert refusal.value.code == "exi_unexpected"


def _names(first: str) -> bytes:
    """A request whose one root has an empty name, spelled as given."""
    root = X509IssuerSerial(issuer_name="", serial_number=5)
    typed = fragment_bits(encode_fragment(request((root,))))
    before, after = typed.split("0" + EMPTY_TYPED + "0", 1)
    return octets(before + "0" + first + "0" + after)


def test_an_empty_name_in_both_spellings() -> None:
    for spelling, kind in ((EMPTY_TYPED, str), (EMPTY_ESCAPED, EscapedText)):
        written = _names(spelling)
        read = decode_fragment(written, iso15118_2.CertificateInstallationReq)
        name = read.root_certificate_ids[0].issuer_name
        assert name == ""
        assert type(name) is kind
        assert encode_fragment(read) == written


def test_empty_octets_beside_an_id() -> None:
    for value in (b"", EscapedOctets()):
        key = iso15118_2.DHPublicKey(id="id1", value=value)
        written = encode_fragment(key)
        read = decode_fragment(written, iso15118_2.DHPublicKey)
        assert (read, type(read.value)) == (key, type(value))
        assert encode_fragment(read) == written
    # header, event 45, Id (1 bit), its 3 characters, then the escape and three bits
    assert bits(written).startswith("10000000" + "00101101" + "0" + "00000101")
    assert bits(written)[25 + 24 :].startswith("1000" + "11110100")


def test_an_escape_is_nothing_else_than_an_empty_value() -> None:
    """Neither where another event is meant, nor where a facet forbids the empty value."""
    for second_level in range(1, 8):
        with pytest.raises(ExiError) as refusal:
            decode_fragment(_names(f"1{second_level:03b}"), iso15118_2.CertificateInstallationReq)
        assert refusal.value.code == "exi_unexpected"
    message = iso15118_2.V2GMessage(
        header=iso15118_2.Header(session_id=b""),
        body=iso15118_2.AuthorizationReq(id="id1", gen_challenge=EscapedOctets()),
    )
    written = encode(message, Facets.LENIENT)
    assert decode(written, Schema.ISO15118_2, Facets.LENIENT) == message
    for strict in (lambda: decode(written, Schema.ISO15118_2), lambda: encode(message)):
        with pytest.raises(ExiError) as refusal:
            strict()
        assert refusal.value.code == "exi_limit"


def test_numbers_and_words_cannot_be_left_out() -> None:
    root = X509IssuerSerial(issuer_name="n", serial_number=0)
    typed = fragment_bits(encode_fragment(request((root,))))
    number, rest = "0" + "0" + "00000000" + "0", "0" + "01" + "0" + "11110100"
    assert typed.endswith(number + rest)
    escaped = typed.removesuffix(number + rest) + EMPTY_ESCAPED + rest
    with pytest.raises(ExiError) as refusal:
        decode_fragment(octets(escaped), iso15118_2.CertificateInstallationReq)
    assert refusal.value.path[-1] == "X509SerialNumber"


@pytest.mark.parametrize("size", [0, 1, 4])
def test_a_list_that_must_have_items(size: int) -> None:
    """An absent list and a list beyond its maximum are not written."""
    broken = iso15118_20.ContractCertificateChain(
        certificate=b"\x30", sub_certificates=(b"\x30",) * size
    )
    data: Any = iso15118_20.PnCAReqAuthorizationMode(
        id="id1", gen_challenge=bytes(16), contract_chain=broken
    )
    if size == 1:
        assert decode_fragment(encode_fragment(data), type(data)) == data
        return
    with pytest.raises(ExiError) as refusal:
        encode_fragment(data)
    assert refusal.value.code == ("exi_missing" if size == 0 else "exi_limit")


def test_one_private_key_and_only_one() -> None:
    common: dict[str, Any] = {
        "id": "id1",
        "contract_chain": iso15118_20.ContractCertificateChain(
            certificate=b"\x30", sub_certificates=(b"\x30",)
        ),
        "ecdh_curve": iso15118_20.ECDHCurve.SECP521,
        "dh_public_key": bytes(133),
    }
    none = iso15118_20.SignedInstallationData(**common)
    two = iso15118_20.SignedInstallationData(
        **common, secp521_encrypted_private_key=bytes(94), tpm_encrypted_private_key=bytes(206)
    )
    for broken in (none, two):
        with pytest.raises(ExiError) as refusal:
            encode_fragment(broken)
        assert refusal.value.code == "exi_missing"


BEGINNING = "10000000" + "100000" + "01" + "0" + "00000010"
"""Of a SignedInfo without Id: its CanonicalizationMethod with an empty Algorithm."""
METHOD = BEGINNING + "01" + "0" + "0" + "00000010"
"""The same, then its SignatureMethod with an empty Algorithm."""


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (BEGINNING + "00", "exi_unsupported"),  # a foreign element; 01 ends the method
        (BEGINNING + "10", "exi_unsupported"),  # text
        (BEGINNING + "11", "exi_unexpected"),  # the escape
        (METHOD + "000", "exi_unsupported"),  # HMACOutputLength
        (METHOD + "001", "exi_unsupported"),  # a foreign element; 010 ends the method
        (METHOD + "011", "exi_unsupported"),  # text
        (METHOD + "100", "exi_unexpected"),  # the escape
        (METHOD + "111", "exi_unexpected"),  # nothing has this code
        (METHOD + "010" + "1", "exi_unexpected"),  # the escape instead of Reference
    ],
)
def test_productions_that_are_refused(stream: str, code: str) -> None:
    """What the schema allows in a signature and none of ours has widens the codes, no more."""
    with pytest.raises(ExiError) as refusal:
        decode_fragment(octets(stream + "0" * 64), SignedInfo)
    assert refusal.value.code == code


def test_key_info_is_refused() -> None:
    """Behind SignatureValue: KeyInfo 0, Object 1, the end 2."""
    message = decode(stream("foreign/request.exi"), Schema.ISO15118_2)
    assert message.header.signature is not None
    value = message.header.signature.signature_value.value
    written = bits(encode(message))
    at = written.index(bits(value)) + 8 * len(value) + 1
    assert written[at : at + 2] == "10"
    for refused in ("00", "01"):
        with pytest.raises(ExiError) as refusal:
            decode(octets(written[:at] + refused + written[at + 2 :]), Schema.ISO15118_2)
        assert refusal.value.code == "exi_unsupported"
        assert refusal.value.path == ("V2G_Message", "Header", "Signature")
