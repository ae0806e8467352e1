"""Writes normalization.txt, the data of the four Unicode normalization forms, from Python's unicodedata.

One line a fact, code points in hexadecimal:
  C code parts…     canonical decomposition, one level
  X code parts…     the same, but never composed again
  K code parts…     compatibility decomposition, one level
  R first last ccc  canonical combining class of a range
Hangul is left out: it is computed. Run it in this folder: python3 make_normalization.py
"""
import sys
import unicodedata


def lines():
    yield f"# Unicode {unicodedata.unidata_version}, written by make_normalization.py"
    ranges = []
    for code in range(sys.maxunicode + 1):
        if 0xAC00 <= code <= 0xD7A3 or 0xD800 <= code <= 0xDFFF:
            continue
        char = chr(code)
        parts = unicodedata.decomposition(char).split()
        if parts:
            compatible = parts[0].startswith("<")
            parts = parts[1:] if compatible else parts
            text = "".join(chr(int(part, 16)) for part in parts)
            kind = "K" if compatible else "C" if unicodedata.normalize("NFC", text) == char else "X"
            yield f"{kind} {code:X} {' '.join(part.lstrip('0') for part in parts)}"
        ccc = unicodedata.combining(char)
        if ccc:
            if ranges and ranges[-1][1] == code - 1 and ranges[-1][2] == ccc:
                ranges[-1][1] = code
            else:
                ranges.append([code, code, ccc])
    for first, last, ccc in ranges:
        yield f"R {first:X} {last:X} {ccc}"


with open("normalization.txt", "w", encoding="ascii", newline="\n") as file:
    for line in lines():
        file.write(line + "\n")
