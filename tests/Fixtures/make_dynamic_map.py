#!/usr/bin/env python3
"""Makes tests/Fixtures/dynamic_map.json: the maps of dynamic 8-bit quantisation, in exact fractions, with Python's standard library alone.

Formulas: Dettmers et al. 2022 (8-bit Optimizers via Block-wise Quantization) and bitsandbytes' documented create_dynamic_map: a decade
10^(e-6) .. 10^(e-5) has 2^e (signed) or 2^(e+1) (unsigned) equal parts, of which the middles are numbers; 0 and 1 beside them.
Run from the repository's root: python3 tests/Fixtures/make_dynamic_map.py
"""
import json
import struct
from fractions import Fraction


def f32(x):
    return struct.unpack("<f", struct.pack("<f", float(x)))[0]


def dynamic_map(signed):
    found = [Fraction(0), Fraction(1)]
    for e in range(7):
        parts = 2**e if signed else 2**(e + 1)
        edges = [Fraction(1, 10) + Fraction(9, 10) * Fraction(i, parts) for i in range(parts + 1)]
        for low, high in zip(edges, edges[1:]):
            middle = (low + high) / 2 * Fraction(10)**(e - 6)
            found += [middle, -middle] if signed else [middle]
    assert len(found) == 256
    return sorted(f32(x) for x in found)


with open("tests/Fixtures/dynamic_map.json", "w", encoding="utf-8") as out:
    json.dump({"signed": dynamic_map(True), "unsigned": dynamic_map(False)}, out)
    out.write("\n")
