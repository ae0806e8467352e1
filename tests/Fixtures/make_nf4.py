#!/usr/bin/env python3
"""Makes tests/Fixtures/nf4.json: NF4 with double quantisation of made numbers, with Python's standard library alone.

Formulas: Dettmers et al. 2023 (QLoRA), the 16 levels of its appendix E, and bitsandbytes' documented map of 256 signed numbers for the
second quantisation. Run from the repository's root: python3 tests/Fixtures/make_nf4.py
"""
import hashlib
import json
import struct
from fractions import Fraction

ROWS, COLS, BLOCK, SHARED = 5, 3840, 64, 256
LEVELS = [
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0,
    0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
]


def f32(x):
    """The nearest binary32: of one operation on binary32 numbers computed in binary64 it is the binary32 result."""
    return struct.unpack("<f", struct.pack("<f", x))[0]


def numbers():
    found = [Fraction(0), Fraction(1)]
    for e in range(7):
        edges = [Fraction(1, 10) + Fraction(9, 10) * Fraction(i, 2**e) for i in range(2**e + 1)]
        for low, high in zip(edges, edges[1:]):
            middle = (low + high) / 2 * Fraction(10) ** (e - 6)
            found += [middle, -middle]
    return sorted(f32(float(x)) for x in found)


def nearest(book, x):
    """The first of the nearest."""
    return min(range(len(book)), key=lambda i: (abs(Fraction(book[i]) - Fraction(x)), i))


def made():
    """What the test makes too: a linear congruential generator, amplitudes that change from block to block; all exact in binary32."""
    state, values = 12345, []
    for i in range(ROWS * COLS):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(((state >> 16) - 32768) * (1 + i // BLOCK % 7) / 2**19)
    return values


def main():
    values = made()
    blocks = [values[i:i + BLOCK] for i in range(0, len(values), BLOCK)]
    largest = [max(abs(x) for x in block) for block in blocks]
    codes = [nearest(LEVELS, f32(x / a)) for block, a in zip(blocks, largest) for x in block]
    mean = f32(sum(largest) / len(largest))
    book = numbers()
    scales, scale_codes = [], []
    for i in range(0, len(largest), SHARED):
        off = [f32(a - mean) for a in largest[i:i + SHARED]]
        scales.append(max(abs(x) for x in off))
        scale_codes += [nearest(book, f32(x / scales[-1])) for x in off]
    decoded = [
        f32(LEVELS[codes[i]] * f32(f32(scales[i // BLOCK // SHARED] * book[scale_codes[i // BLOCK]]) + mean)) for i in range(0, len(values), 601)
    ]
    with open("tests/Fixtures/nf4.json", "w", encoding="utf-8") as out:
        json.dump({
            "rows": ROWS, "cols": COLS, "mean": mean, "scales": scales, "scale_codes": scale_codes, "first_codes": codes[:BLOCK],
            "codes_sha256": hashlib.sha256(bytes(codes)).hexdigest(), "every_601st": decoded,
        }, out)
        out.write("\n")


main()
