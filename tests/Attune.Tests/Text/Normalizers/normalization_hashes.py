"""Prints what UnicodeNormalizerTests expects: per form, SHA-256 of the normal form of every code point below U+30000 and of 20,000 mixed strings' normal forms."""
import hashlib
import unicodedata

# Starters and marks that compose, reorder or block each other; Hangul in parts and in one; compatibility characters.
ALPHABET = [ord(c) for c in "aeiouAOsdDlzİıſ가각각ᆩﬁ①½Å"] + [
    0x300, 0x301, 0x302, 0x303, 0x304, 0x307, 0x308, 0x30A, 0x30B, 0x30C, 0x31B, 0x323, 0x327, 0x328, 0x338, 0x345, 0x5B0, 0x5BC, 0x93C, 0x915,
    0x9C7, 0x9BE, 0x3099, 0x304B, 0x30AB, 0xFF76, 0xFF9E, 0x1100, 0x1161, 0x11A8, 0xF71, 0xF72, 0xF73, 0x1D15E, 0x1D165, 0x110BA, 0x11099, 0x20]


def mixed():
    state = 12345
    for _ in range(20000):
        text = ""
        for _ in range(8):
            state = (state * 1103515245 + 12345) % 2147483648
            text += chr(ALPHABET[(state >> 8) % len(ALPHABET)])
        yield text


for form in ("NFC", "NFD", "NFKC", "NFKD"):
    for texts in ((chr(c) for c in range(0x30000) if not 0xD800 <= c <= 0xDFFF), mixed()):
        digest = hashlib.sha256()
        for text in texts:
            digest.update((unicodedata.normalize(form, text) + "\n").encode())
        print(form, digest.hexdigest())
