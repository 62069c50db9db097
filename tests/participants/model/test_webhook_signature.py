"""The signature in its three spellings, against RFC 4231's vector for HMAC-SHA-256."""

from participants.model.webhook_signature import signature_headers


def test_rfc_4231_test_case_2() -> None:
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert signature_headers("Jefe", b"what do ya want for nothing?") == {
        "payload-signature": digest,
        "X-Hubject-Signature": f"sha256={digest}",
        "X-Operator-Signature": f"sha256={digest}",
    }
