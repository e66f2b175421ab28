"""SM2 is exactly that of GB/T 32918, agrees with others, and takes nothing for a signature that is none."""

import hashlib
import hmac
import secrets
import shutil
import subprocess
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmark.marks import der, sm2
from sealmark.marks.keys import SigningKey

# GB/T 32918.5-2017, Annex A.2: the example of a signature on the recommended curve.
SECRET = 0x3945208F_7B2144B1_3F36E38A_C6D39F95_88939369_2860B51A_42FB81EF_4DF7C5B8
PUBLIC = (
    0x09F9DF31_1E5421A1_50DD7D16_1E4BC5C6_72179FAD_1833FC07_6BB08FF3_56F35020,
    0xCCEA490C_E26775A5_2DC6EA71_8CC1AA60_0AED05FB_F35E084A_6632F607_2DA9AD13,
)
MESSAGE = b"message digest"
HASHED = 0xF0B43E94_BA45ACCA_ACE692ED_534382EB_17E6AB5A_19CE7B31_F4486FDF_C0D28640
NONCE = 0x59276E27_D506861A_16680F3A_D9C02DCC_EF3CC1FA_3CDBE4CE_6D54B80D_EAC1BC21
R = 0xF5A03B06_48D2C463_0EEAC513_E1BB81A1_5944DA38_27D5B741_43AC7EAC_EEE720B3
S = 0xB1B6AA29_DF212FD8_763182BC_0D421CA1_BB9038FD_1F7F42D4_840B69C4_85BBC1AA

SCALARS = st.integers(1, sm2.N - 2)


def _signature(r: int, s: int) -> bytes:
    return der.encode(der.SEQUENCE, der.integer(r) + der.integer(s))


def _numbers(signature: bytes) -> tuple[int, int]:
    (_, r), (_, s) = der.parts(signature)
    return int.from_bytes(r, "big"), int.from_bytes(s, "big")


def test_sm3_is_that_of_the_standard() -> None:
    """GB/T 32905-2016, Annex A.1: the digest of abc."""
    assert sm2.digest(b"a", b"bc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_example_of_the_standard_is_signed_and_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    """GB/T 32918.5, Annex A.2: public key, hashed message and, with the nonce given there, r and s."""
    assert sm2.public_point(SECRET) == PUBLIC
    assert sm2._message_number(PUBLIC, MESSAGE, sm2.DEFAULT_ID) == HASHED
    assert sm2.verify(PUBLIC, MESSAGE, _signature(R, S))
    monkeypatch.setattr(sm2, "_nonces", lambda *_: iter([NONCE]))
    assert _numbers(sm2.sign(SECRET, PUBLIC, MESSAGE)) == (R, S)


def test_nonces_are_those_of_rfc_6979(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 6979, A.2.5: with SHA-256 and the order of P-256, the nonce of "sample"."""
    order = 0xFFFFFFFF_00000000_FFFFFFFF_FFFFFFFF_BCE6FAAD_A7179E84_F3B9CAC2_FC632551
    secret = 0xC9AFA9D8_45BA7516_6B5C2157_67B1D693_4E50C3DB_36E89B12_7B8A622B_120F6721
    monkeypatch.setattr(sm2, "N", order)
    monkeypatch.setattr(sm2, "_keyed", lambda key, data: hmac.digest(key, data, "sha256"))
    hashed = int.from_bytes(hashlib.sha256(b"sample").digest(), "big")
    expected = 0xA6E3C57D_D01ABE90_08653839_8355DD4C_3B17AA87_3382B0F2_4D612949_3D8AAD60
    assert next(sm2._nonces(secret, hashed)) == expected


def test_no_nonce_serves_two_messages() -> None:
    """Two signatures of one nonce would give the key away: each message, and each further try, has its own."""
    drawn = [number for e in range(50) for number in islice(sm2._nonces(SECRET, e), 3)]
    assert len(set(drawn)) == 150


def test_bad_randomness_leaks_nothing_into_the_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    """The random numbers only blind: with the worst of them the same signature is made."""
    usual = sm2.sign(SECRET, PUBLIC, MESSAGE)
    assert sm2.sign(SECRET, PUBLIC, MESSAGE) == usual
    for value in (0, 1):
        monkeypatch.setattr(secrets, "randbelow", lambda limit, value=value: value)
        monkeypatch.setattr(secrets, "randbits", lambda bits, value=value: value * ((1 << bits) - 1))
        assert sm2.sign(SECRET, PUBLIC, MESSAGE) == usual


def _reference(scalar: int, point: sm2.Point) -> sm2.Point | None:
    """A multiple of a point by the school's formulas."""
    total: sm2.Point | None = None
    for bit in bin(scalar)[2:]:
        total = _school(total, total)
        total = _school(total, point) if bit == "1" else total
    return total


def _school(one: sm2.Point | None, other: sm2.Point | None) -> sm2.Point | None:
    if one is None or other is None:
        return one or other
    opposite = one[0] == other[0] and (one[1] + other[1]) % sm2.P == 0
    return None if opposite else sm2._sum(one, other)


@settings(max_examples=20, deadline=None)
@given(SCALARS | st.integers(1, 40))
def test_secret_multiples_are_the_schools(scalar: int) -> None:
    """The blinded way gives the multiple that the plain one gives."""
    assert sm2.public_point(scalar) == _reference(scalar, sm2.G)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 20) | SCALARS, st.integers(0, 20) | SCALARS, st.integers(1, 5))
def test_double_multiples_are_the_schools(first: int, second: int, secret: int) -> None:
    """Also where the two multiples meet in one point, or cancel out."""
    point = sm2.public_point(secret)
    for of_base in (first, second * secret % sm2.N, -second * secret % sm2.N):
        expected = _school(_reference(of_base, sm2.G), _reference(second, point))
        assert sm2._affine(sm2._double_multiple(of_base, second, point)) == expected


@given(st.integers(0, 1 << 319))
def test_secret_digits_are_regular(number: int) -> None:
    """Every odd number has as many digits, all odd: no addition tells them apart."""
    digits = list(sm2._odd_digits(2 * number + 1))
    assert sum(digit << 4 * place for place, digit in enumerate(digits)) == 2 * number + 1
    assert len(digits) == sm2._ROWS
    assert all(digit % 2 and abs(digit) < 16 for digit in digits)


@settings(max_examples=15, deadline=None)
@given(SCALARS, st.binary(max_size=200), st.binary(max_size=20))
def test_what_is_signed_verifies(secret: int, message: bytes, identity: bytes) -> None:
    """Every key's signature of every message is its own, under the identity that it was made with."""
    public = sm2.public_point(secret)
    signature = sm2.sign(secret, public, message, identity)
    assert sm2.verify(public, message, signature, identity)
    assert not sm2.verify(public, message, signature, identity + b"x")


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_flipped_bit_fails(data: st.DataObject) -> None:
    """One bit of the message, of the signature or of the key, and it is no signature any more."""
    key = b"".join(number.to_bytes(sm2.SIZE, "big") for number in PUBLIC)
    whole = [MESSAGE, _signature(R, S), key]
    which = data.draw(st.integers(0, 2))
    bit = data.draw(st.integers(0, 8 * len(whole[which]) - 1))
    flipped = bytearray(whole[which])
    flipped[bit // 8] ^= 1 << bit % 8
    whole[which] = bytes(flipped)
    message, signature, numbers = whole
    public = int.from_bytes(numbers[:32], "big"), int.from_bytes(numbers[32:], "big")
    assert not sm2.verify(public, message, signature)


@pytest.mark.parametrize(
    ("r", "s"),
    [
        (0, S),
        (R, 0),
        (sm2.N, S),
        (R, sm2.N),
        (R + sm2.N, S),
        (R, S + sm2.N),
        (sm2.N - R, S),
        (R, sm2.N - S),
        (R, sm2.N - R),
        (S, R),
        (R, R),
        (1, 1),
        (1 << 300, S),
    ],
)
def test_no_other_numbers_pass_for_a_signature(r: int, s: int) -> None:
    """GB/T 32918.2, 7.1 b) to e): out of range, mirrored, or with r + s = n."""
    assert not sm2.verify(PUBLIC, MESSAGE, _signature(r, s))


def test_a_point_at_infinity_is_no_signature() -> None:
    """Whoever knows the key can make the sum vanish; it verifies nothing, and raises nothing."""
    s = -R * SECRET * pow(1 + SECRET, -1, sm2.N) % sm2.N
    assert sm2._affine(sm2._double_multiple(s, (R + s) % sm2.N, PUBLIC)) is None
    assert not sm2.verify(PUBLIC, MESSAGE, _signature(R, s))


@pytest.mark.parametrize("point", [(0, 0), (1, 1), (PUBLIC[0], PUBLIC[1] + sm2.P), (PUBLIC[1], PUBLIC[0]), (-1, 5)])
def test_no_point_off_the_curve_is_a_key(point: sm2.Point) -> None:
    """What is no point of the curve verifies nothing."""
    assert not sm2.is_public(point)
    assert not sm2.verify(point, MESSAGE, _signature(R, S))


def test_only_the_one_encoding_is_taken() -> None:
    """A signature has one form, so that nobody makes another of the same one."""
    good = _signature(R, S)
    numbers = der.integer(R) + der.integer(S)
    others = [
        good + b"\x00",
        good[:-1],
        b"\x30\x81" + good[1:],
        b"\x30\x80" + numbers + b"\x00\x00",
        der.encode(der.SEQUENCE, numbers + der.integer(1)),
        der.encode(der.SEQUENCE, der.integer(R)),
        der.encode(der.SEQUENCE, der.encode(der.INTEGER, b"\x00" + der.only(der.integer(R), 2)) + der.integer(S)),
        der.encode(der.SEQUENCE, der.encode(der.INTEGER, R.to_bytes(32, "big")) + der.integer(S)),
        der.encode(der.SEQUENCE, der.encode(der.OCTET_STRING, R.to_bytes(32, "big")) + der.integer(S)),
        numbers,
        R.to_bytes(32, "big") + S.to_bytes(32, "big"),
        b"",
    ]
    assert sm2.verify(PUBLIC, MESSAGE, good)
    assert not any(sm2.verify(PUBLIC, MESSAGE, other) for other in others)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=90))
def test_no_bytes_bring_it_down(signature: bytes) -> None:
    """Whatever stands where a signature should stand, the answer is no."""
    assert not sm2.verify(PUBLIC, MESSAGE, signature)


def test_points_are_lifted_from_their_x() -> None:
    """The two points of an x, told apart by their y; nothing where there is none."""
    assert sm2.lifted(PUBLIC[0], odd=True) == PUBLIC
    assert sm2.lifted(PUBLIC[0], odd=False) == (PUBLIC[0], sm2.P - PUBLIC[1])
    assert sm2.lifted(sm2.P, odd=True) is None
    assert sum(sm2.lifted(x, odd=True) is None for x in range(100)) > 20


def test_gmalg_agrees() -> None:
    """An independent library takes our signatures, and we take its; it makes the same public keys."""
    gmalg = pytest.importorskip("gmalg")
    for number in range(3):
        secret, message = sm2.fresh_scalar(), f"消息 {number}".encode()
        public = sm2.public_point(secret)
        raw = b"\x04" + b"".join(part.to_bytes(32, "big") for part in public)
        peer = gmalg.SM2(secret.to_bytes(32, "big"), uid=sm2.DEFAULT_ID, pk=raw)
        assert peer.generate_pk(secret.to_bytes(32, "big")) == raw
        r, s = _numbers(sm2.sign(secret, public, message))
        assert peer.verify(message, r.to_bytes(32, "big"), s.to_bytes(32, "big"))
        theirs = [int.from_bytes(part, "big") for part in peer.sign(message)]
        assert sm2.verify(public, message, _signature(*theirs))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl program")
def test_openssl_agrees(tmp_path: Path) -> None:
    """OpenSSL reads our key, takes our signature, and makes one that we take."""
    key, message = SigningKey.fresh(), b'"Label":"1"'
    (tmp_path / "key").write_text(key.pem())
    (tmp_path / "message").write_bytes(message)
    (tmp_path / "ours").write_bytes(key.sign(message))
    common = ["-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678", "-inkey", "key", "-in", "message"]
    for more in (["-verify", "-sigfile", "ours"], ["-sign", "-out", "theirs"]):
        subprocess.run(["openssl", "pkeyutl", *more, *common], cwd=tmp_path, check=True, capture_output=True)
    assert key.public_key.verifies(message, (tmp_path / "theirs").read_bytes())
