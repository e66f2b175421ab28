"""Keys are read in the forms that other tools write, and nothing else is taken for one."""

import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.marks import der, sm2
from sealmark.marks.errors import BadKey
from sealmark.marks.keys import PublicKey, SigningKey

# Written by OpenSSL 3.0 for these tests: genpkey, ec and pkey -pubout, and pkeyutl -sign of the message "hello".
PKCS8 = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQg0GkDKBCUGvHDt7xa
egwiZbarpJDZVbaMBEgOtLAATcOhRANCAAQkwbEJ5RkwRo/JICb+QPYzG/kShA3S
iyfLeWP3rtZmc71iF22sE7AEhO9eHsfF+ogXGp+OkfcpL/o9pTxoUkT8
-----END PRIVATE KEY-----
"""
TRADITIONAL = """-----BEGIN SM2 PRIVATE KEY-----
MHcCAQEEINBpAygQlBrxw7e8WnoMImW2q6SQ2VW2jARIDrSwAE3DoAoGCCqBHM9V
AYItoUQDQgAEJMGxCeUZMEaPySAm/kD2Mxv5EoQN0osny3lj967WZnO9YhdtrBOw
BITvXh7HxfqIFxqfjpH3KS/6PaU8aFJE/A==
-----END SM2 PRIVATE KEY-----
"""
PARAMETERS = "-----BEGIN SM2 PARAMETERS-----\nBggqgRzPVQGCLQ==\n-----END SM2 PARAMETERS-----\n"
PUBLIC = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAEJMGxCeUZMEaPySAm/kD2Mxv5EoQN
0osny3lj967WZnO9YhdtrBOwBITvXh7HxfqIFxqfjpH3KS/6PaU8aFJE/A==
-----END PUBLIC KEY-----
"""
SIGNATURE = bytes.fromhex(
    "304402201ace24f6dad82432f988968efcfa947f24adfe08f35af6f659d926e1433a47c7"
    "02201dda6ffcc3d49fb402c52675903651bceee94a6c8ecc8f3629975960b8473995"
)
KEY = SigningKey.from_pem(PKCS8)


def _pem(name: str, data: bytes) -> str:
    from base64 import b64encode

    return f"-----BEGIN {name}-----\n{b64encode(data).decode()}\n-----END {name}-----\n"


def _ec(number: bytes, *more: bytes) -> bytes:
    return der.encode(der.SEQUENCE, der.integer(1) + der.encode(der.OCTET_STRING, number) + b"".join(more))


def _pkcs8(*algorithm: str, key: bytes) -> str:
    named = b"".join(der.encode(der.IDENTIFIER, bytes.fromhex(one)) for one in algorithm)
    inner = der.integer(0) + der.encode(der.SEQUENCE, named) + der.encode(der.OCTET_STRING, key)
    return _pem("PRIVATE KEY", der.encode(der.SEQUENCE, inner))


NUMBER = KEY.scalar.to_bytes(32, "big")
GENERAL, CURVE, P256 = "2a8648ce3d0201", "2a811ccf5501822d", "2a8648ce3d030107"


@pytest.mark.parametrize(
    "text",
    [
        PKCS8,
        PARAMETERS + PKCS8,
        "some words before\n" + PKCS8.replace("\n", "\r\n"),
        TRADITIONAL,
        TRADITIONAL.replace("SM2 PRIVATE", "EC PRIVATE"),
        _pkcs8(GENERAL, CURVE, key=_ec(NUMBER)),
        _pkcs8(CURVE, key=_ec(NUMBER)),
    ],
)
def test_keys_of_other_tools_are_read(text: str) -> None:
    """PKCS#8 under either identifier, RFC 5915 under either name, with or without the public half."""
    key = SigningKey.from_pem(text)
    assert key == KEY
    assert key.public_key.verifies(b"hello", SIGNATURE)


def test_keys_are_written_as_openssl_writes_them() -> None:
    """Byte for byte, the private and the public one."""
    assert KEY.pem() == PKCS8
    assert KEY.public_key.pem() == PUBLIC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        PUBLIC,
        PARAMETERS,
        PKCS8.replace("PRIVATE", "ENCRYPTED PRIVATE"),
        PKCS8.replace("MIGHAg", "MIGHA*"),
        PKCS8.replace("MIGH", "MIGI"),
        PKCS8.replace("T8\n", "T9\n"),
        _pkcs8(GENERAL, P256, key=_ec(NUMBER)),
        _pkcs8(GENERAL, key=_ec(NUMBER)),
        _pkcs8(CURVE, key=_ec(NUMBER[1:])),
        _pkcs8(CURVE, key=_ec(bytes(32))),
        _pkcs8(CURVE, key=_ec((sm2.N - 1).to_bytes(32, "big"))),
        _pkcs8(CURVE, key=_ec(NUMBER, der.encode(der.CONTEXT + 1, der.encode(der.BIT_STRING, bytes(66))))),
        _pkcs8(CURVE, key=_ec(NUMBER, der.encode(der.CONTEXT, der.encode(der.IDENTIFIER, bytes.fromhex(P256))))),
        _pem("EC PRIVATE KEY", _ec(NUMBER)),
        _pem("PRIVATE KEY", b"\x30\x00"),
    ],
)
def test_what_is_no_signing_key_is_refused(text: str) -> None:
    """Encrypted, another curve, no curve, out of range, another's public half: one error, in both languages."""
    with pytest.raises(BadKey) as caught:
        SigningKey.from_pem(text)
    assert "{" not in caught.value.text("zh") + caught.value.text("en")


def test_keys_of_other_kinds_are_refused() -> None:
    """A sound key of another kind is not taken for one of SM2."""
    for private in (ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()):
        with pytest.raises(BadKey):
            SigningKey.from_pem(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        with pytest.raises(BadKey):
            PublicKey.parse(public)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_cut_or_changed_key_is_the_key_or_an_error(data: st.DataObject) -> None:
    """No text brings the reader down, and no damage makes another key of it."""
    at = data.draw(st.integers(0, len(PKCS8) - 1))
    sign = data.draw(st.characters(max_codepoint=127))
    for text in (PKCS8[:at], PKCS8[:at] + sign + PKCS8[at + 1 :]):
        try:
            assert SigningKey.from_pem(text) == KEY
        except BadKey:
            continue


@pytest.mark.parametrize(
    "text",
    [
        PUBLIC,
        KEY.public_key.hex(),
        KEY.public_key.hex().upper(),
        KEY.public_key.hex()[2:],
        f"02{KEY.public_key.x:064x}",
        f"00{KEY.public_key.x:064x}",
        f"3059301306072A8648CE3D020106082A811CCF5501822D034200{KEY.public_key.hex()}",
    ],
)
def test_public_keys_are_read_in_every_form_in_use(text: str) -> None:
    """Whole, bare, compressed, in a SubjectPublicKeyInfo, or an x alone for the even y, as one producer writes it."""
    assert PublicKey.parse(text) == KEY.public_key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "04",
        "zz",
        "04" + "00" * 64,
        KEY.public_key.hex()[:-2] + "00",
        "06" + KEY.public_key.hex()[2:],
        KEY.public_key.hex() + "00",
        "05" + "11" * 32,
        "02" + "ff" * 32,
        PKCS8,
        PUBLIC.replace("MFkw", "MFkx"),
    ],
)
def test_what_is_no_public_key_is_refused(text: str) -> None:
    """Off the curve, at infinity, or another length."""
    with pytest.raises(BadKey):
        PublicKey.parse(text)


def test_secret_is_not_shown() -> None:
    """The private number stands in no representation, and the key still travels to another process."""
    assert str(KEY.scalar) not in repr(KEY)
    assert f"{KEY.scalar:x}" not in repr(KEY)
    assert pickle.loads(pickle.dumps(KEY)) == KEY


def test_fresh_keys_are_sound_and_different() -> None:
    """A new key signs, reads back from its PEM, and is none that was there."""
    first, second = SigningKey.fresh(), SigningKey.fresh()
    assert first != second
    assert SigningKey.from_pem(first.pem()) == first
    assert first.public_key.verifies(b"x", first.sign(b"x"))
    assert not second.public_key.verifies(b"x", first.sign(b"x"))


@pytest.mark.parametrize("scalar", [0, -1, sm2.N - 1, sm2.N])
def test_numbers_out_of_range_are_no_keys(scalar: int) -> None:
    """GB/T 32918.1, 6.1: from 1 to n - 2."""
    with pytest.raises(BadKey):
        SigningKey.of(scalar)
