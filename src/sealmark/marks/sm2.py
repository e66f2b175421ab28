"""SM2 digital signatures (GB/T 32918.2-2016) with SM3, on the recommended curve (GB/T 32918.5-2017).

Our own, since `cryptography` has SM3 and no SM2, and the libraries that have it are pure Python too, without any
protection of the key, or bundle an OpenSSL of 2023, or have no wheel for many machines, or no public source.

What protects a private key here, and what does not. The nonce comes from the key and the message (RFC 6979 with
HMAC-SM3), so that no bad randomness gives the key away; the same message always gets the same signature. A secret
multiple of the base point takes the same additions for every scalar, which is blinded by a random multiple of
the order and starts from coordinates scaled at random; the inversion that involves the key is blinded too. But this
is Python: its numbers take a time that depends on their value, and its tables are read at addresses that depend
on the secret. Whoever measures many signatures closely, on this very machine, may learn something. Where that
matters, or where the law asks for a certified module, give another `Signer` (`marks.keys`): a hardware module.
"""

import secrets
from collections.abc import Iterator
from functools import lru_cache

from cryptography.hazmat.primitives import hashes, hmac

from sealmark.marks import der

Point = tuple[int, int]
_Jacobian = tuple[int, int, int]  # x = X / Z², y = Y / Z³; Z = 0 is the point at infinity

# GB/T 32918.5, chapter 2: the prime, the coefficients of y² = x³ + ax + b, the base point and its order.
P = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
A = P - 3
B = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
N = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123
G: Point = (
    0x32C4AE2C_1F198119_5F990446_6A39C994_8FE30BBF_F2660BE1_715A4589_334C74C7,
    0xBC3736A2_F4F6779C_59BDCEE3_6B692153_D0A9877C_C62A4740_02DF32E5_2139F0A0,
)
SIZE = 32
# GM/T 0009-2012, chapter 10: the identity of a signer who has none.
DEFAULT_ID = b"1234567812345678"
# Secret scalars gain a random 64-bit multiple of the order: 320 bits, and the last carry.
_BLINDING_BITS = 64
_ROWS = (N.bit_length() + _BLINDING_BITS) // 4 + 1


def digest(*parts: bytes) -> bytes:
    """SM3 (GB/T 32905) of the parts one behind the other."""
    running = hashes.Hash(hashes.SM3())
    for part in parts:
        running.update(part)
    return running.finalize()


def fresh_scalar() -> int:
    """A new random private key, from 1 to n - 2 (GB/T 32918.1, 6.1)."""
    return secrets.randbelow(N - 2) + 1


def public_point(scalar: int) -> Point:
    """The public key of a private one."""
    return _secret_multiple(scalar)


def is_public(point: Point) -> bool:
    """Whether two numbers are a point of the curve. Its cofactor is 1, so each is of the right order."""
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x + A) * x - B) % P == 0


def lifted(x: int, *, odd: bool) -> Point | None:
    """The point with this x and a y that is odd or even, or nothing where the curve has none."""
    if not 0 <= x < P:
        return None
    y = pow((x * x + A) * x + B, (P + 1) // 4, P)  # a root, since P is 3 modulo 4
    point = (x, y if y % 2 == odd else P - y)
    return point if is_public(point) else None


def sign(scalar: int, public: Point, message: bytes, identity: bytes = DEFAULT_ID) -> bytes:
    """The DER signature of a message (GB/T 32918.2, 6.1); `public` is the public key of `scalar`."""
    e = _message_number(public, message, identity)
    for nonce in _nonces(scalar, e):
        r = (e + _secret_multiple(nonce)[0]) % N
        s = (_blinded_inverse(1 + scalar) * (nonce + r) - r) % N  # the same as (1 + d)⁻¹ (k - r d)
        if r and s and r + nonce != N:
            return der.encode(der.SEQUENCE, der.integer(r) + der.integer(s))
    raise AssertionError("unreachable: the nonces have no end")


def verify(public: Point, message: bytes, signature: bytes, identity: bytes = DEFAULT_ID) -> bool:
    """Whether a DER signature is this public key's of this message (GB/T 32918.2, 7.1); never raises.

    Strict: r and s within 1 to n - 1, the one DER encoding there is, a public key on the curve.
    """
    try:
        (first, r_bytes), (second, s_bytes) = der.parts(signature)
        r, s = der.natural(r_bytes), der.natural(s_bytes)
    except ValueError:
        return False
    t = (r + s) % N
    if (first, second) != (der.INTEGER, der.INTEGER) or not (0 < r < N and 0 < s < N and t and is_public(public)):
        return False
    point = _affine(_double_multiple(s, t, public))
    return point is not None and (_message_number(public, message, identity) + point[0]) % N == r


def _message_number(public: Point, message: bytes, identity: bytes) -> int:
    """SM3 of Z_A and the message; Z_A holds the signer's identity, the curve and the key (GB/T 32918.2, 5.5)."""
    numbers = b"".join(number.to_bytes(SIZE, "big") for number in (A, B, *G, *public))
    named = digest((8 * len(identity)).to_bytes(2, "big"), identity, numbers)
    return int.from_bytes(digest(named, message), "big")


def _nonces(scalar: int, e: int) -> Iterator[int]:
    """The numbers that RFC 6979, 3.2 draws from a key and a message, each from 1 to n - 1."""
    seed = scalar.to_bytes(SIZE, "big") + (e % N).to_bytes(SIZE, "big")
    key, value = bytes(SIZE), b"\x01" * SIZE
    for step in (b"\x00", b"\x01"):
        key = _keyed(key, value + step + seed)
        value = _keyed(key, value)
    while True:
        value = _keyed(key, value)
        number = int.from_bytes(value, "big")
        if 0 < number < N:
            yield number
        key = _keyed(key, value + b"\x00")
        value = _keyed(key, value)


def _keyed(key: bytes, data: bytes) -> bytes:
    running = hmac.HMAC(key, hashes.SM3())
    running.update(data)
    return running.finalize()


def _blinded_inverse(number: int) -> int:
    mask = secrets.randbelow(N - 1) + 1
    return pow(number * mask % N, -1, N) * mask % N


def _secret_multiple(scalar: int) -> Point:
    """A secret multiple of the base point: for every scalar as many additions, and each time other numbers."""
    mask = secrets.randbits(_BLINDING_BITS - 1) * 2
    blinded = scalar + (mask + (scalar + 1) % 2) * N  # odd, since N is odd
    scale = secrets.randbelow(P - 1) + 1
    total: _Jacobian | None = None
    for row, chosen in zip(_base_rows(), _odd_digits(blinded), strict=True):
        x, y = row[abs(chosen) // 2]
        y = (y, P - y)[chosen < 0]
        total = _add(total, (x, y)) if total else (x * scale**2 % P, y * scale**3 % P, scale)
    point = _affine(total) if total else None
    if point is None:
        raise ValueError("a multiple of the order is no secret")
    return point


def _odd_digits(number: int) -> Iterator[int]:
    """An odd number as digits of base 16 that are all odd, from -15 to 15, the lowest first (Joye and Tunstall)."""
    for _ in range(_ROWS - 1):
        chosen = (number & 31) - 16
        yield chosen
        number = (number - chosen) >> 4
    yield number


@lru_cache(maxsize=1)
def _base_rows() -> tuple[tuple[Point, ...], ...]:
    """Row i holds 1, 3, … 15 times 16ⁱ times the base point."""
    rows, base = [], G
    for _ in range(_ROWS):
        row = _odd_multiples(base)
        rows.append(row)
        base = _sum(row[-1], base)  # 16 = 15 + 1
    return tuple(rows)


def _odd_multiples(base: Point) -> tuple[Point, ...]:
    """1, 3, … 15 times a point."""
    twice = _sum(base, base)
    row = [base]
    for _ in range(7):
        row.append(_sum(row[-1], twice))
    return tuple(row)


_BASE = lru_cache(maxsize=1)(lambda: _odd_multiples(G))


def _double_multiple(of_base: int, of_point: int, point: Point) -> _Jacobian:
    """One multiple of the base point and one of another, together; nothing here is secret (Straus)."""
    tables = ((_digits(of_base), _BASE()), (_digits(of_point), _odd_multiples(point)))
    total: _Jacobian = (1, 1, 0)
    for place in range(N.bit_length(), -1, -1):
        total = _double(total)
        for digits, table in tables:
            if chosen := digits.get(place, 0):
                x, y = table[abs(chosen) // 2]
                total = _add(total, (x, y if chosen > 0 else P - y))
    return total


def _digits(number: int) -> dict[int, int]:
    """A number's non-adjacent form of width 5: odd digits from -15 to 15 by the place of their bit."""
    places, place = {}, 0
    while number:
        zeros = (number & -number).bit_length() - 1
        number, place = number >> zeros, place + zeros
        chosen = (number & 31) - (32 if number & 16 else 0)
        places[place] = chosen
        number -= chosen
    return places


def _double(point: _Jacobian) -> _Jacobian:
    """Twice a point, for a = -3 (Bernstein and Lange, dbl-2001-b)."""
    x, y, z = point
    delta, gamma = z * z % P, y * y % P
    beta, alpha = x * gamma % P, 3 * (x - delta) * (x + delta) % P
    out = (alpha * alpha - 8 * beta) % P
    return out, (alpha * (4 * beta - out) - 8 * gamma * gamma) % P, 2 * y * z % P


def _add(point: _Jacobian, other: Point) -> _Jacobian:
    """The sum with a point whose Z is 1, whichever points they are."""
    x, y, z = point
    if not z:
        return *other, 1
    square = z * z % P
    across, up = (other[0] * square - x) % P, (other[1] * square * z - y) % P
    if not across:
        return (1, 1, 0) if up else _double(point)
    second = across * across % P
    third, v = across * second % P, x * second % P
    out = (up * up - third - 2 * v) % P
    return out, (up * (v - out) - y * third) % P, z * across % P


def _affine(point: _Jacobian) -> Point | None:
    """The coordinates themselves, or nothing for the point at infinity."""
    x, y, z = point
    if not z:
        return None
    inverse = pow(z, -1, P)
    return x * inverse**2 % P, y * inverse**3 % P


def _sum(one: Point, other: Point) -> Point:
    """The sum of two points of the curve that are not opposite."""
    (x, y), (u, v) = one, other
    slope = (3 * x * x + A) * pow(2 * y, -1, P) if one == other else (v - y) * pow(u - x, -1, P)
    out = (slope * slope - x - u) % P
    return out, (slope * (x - out) - y) % P
