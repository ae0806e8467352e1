#!/usr/bin/env python3
"""Makes tests/Fixtures/metrics.json: metrics of made cases, computed with Python's standard library alone and independently of src/.

Run from the repository's root: python3 tests/Fixtures/make_metrics.py
"""
import itertools
import json
import math
import random
import re
import string
import unicodedata
from collections import Counter
from fractions import Fraction

PAIRS = [
    ("Paris", "Paris"), ("Paris", "paris"), ("Paris", "  Paris \n"), ("The  quick\tfox", "The quick fox"), ("the cat", "a cat"),
    ("", ""), ("", "x"), ("x", ""), ("   ", "\n"), ("The", "a"), ("the", "cat"), ("It's 5 o'clock!", "its 5 oclock"),
    ("a b c d", "a c d b"), ("a a a b", "a b b b"), ("one two three", "three two one"), ("Ünïcode Straße", "ünïcode straße"),
    ("नमस्ते दुनिया", "नमस्ते"), ("日本語 テスト", "日本語"), ("snake_case x", "snake case x"), ("co-operate", "cooperate"),
    ("yes\nbecause it rains", "yes\nbecause it snows"), ("yes", "yes\nno"), ("no\n", "yes"), ("\n\nyes", "yes\nmore"), ("x²", "x2"), ("$5.00", "5.00"),
    ("theatre another an", "theatre another"), ("a_the", "a the"), ("word " * 50, "word " * 49 + "other"),
]
LABELS = [
    ("spam", "spam"), ("spam", "Ham."), ("ham", "\"ham\""), ("ham", "spam"), ("eggs", "eggs\nbecause"), ("eggs", "bacon"),
    ("spam", ""), ("ham", "ham"), ("Eggs", "eggs"), ("spam", "spam spam"), ("toast", "ham"),
]
JSON_PAIRS = [
    ('{"a": 1, "b": "x"}', '{"b": "x", "a": 1.0}'), ('{"a": 1, "b": "x"}', '{"a": 2, "b": "x"}'), ('{"a": 1}', '{"a": "1"}'),
    ('{"a": 1}', 'not json'), ('{"a": 1}', ''), ('{"a": 1}', '{"a": 1} trailing'), ('{"a": 1}', '{"a": 1, "b": 2, "c": 3}'),
    ('{"a": {"b": [1, 2, {"c": null}]}}', '{"a": {"b": [1, 3, {"c": null}]}}'), ('{"a": []}', '{"a": []}'), ('{"a": []}', '{"a": {}}'),
    ('{}', '{}'), ('{"a": true}', '{"a": false}'), ('{"a": 1}', '{"a": NaN}'), ('{"a": 1}', "{'a': 1}"), ('{"a": 1}', '[1]'),
    ('{"a": 1}', '  {"a": 1}\n'), ('{"a": "\\u00e9"}', '{"a": "é"}'), ('{"a": 10}', '{"a": 1e1}'), ('{"a": 1}', '{"a": 1,}'), ('[1, 2]', '[2, 1]'),
]
NUMBERS = [
    ("42", "42"), ("42", "the answer is 42."), ("42", "42 or 43"), ("1000", "1,000"), ("1,234,567.5", "1234567.5"), ("-3", "minus: -3"),
    ("-3", "\u22123"), ("3", "10-3"), ("0.5", ".5"), ("5", "5%"), ("1e3", "1000"), ("7", "none"), ("7", ""), ("0", "-0"), ("100", "100.00005"),
    ("1", "1.0000005"), ("12", "1,2"), ("2", "1,2"), ("5", "v5"), ("3.14", "3.14159"), ("1000", "1,0000"), ("8", "+8"), ("4", "A-4"),
]
REGEXES = [
    (r"intent=\w+", "intent=refund order=3", "intent=refund order=4"), (r"intent=\w+", "intent=refund", "nothing"), (r"intent=(\w+)", "intent=a", "intent=b"),
    (r"intent=(\w+)", "x intent=a", "intent=a y"), (r"^\d+$", "a\n12\nb", "12"), (r"\d{2,3}", "1234", "123"),
]


def plain(text):
    return " ".join(text.split())


def exact(expected, written):
    return plain(expected) == plain(written)


def first_line(expected, written):
    return plain(expected.strip().split("\n")[0]) == plain(written.strip().split("\n")[0])


def squad(text):
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def f1(expected, written):
    want, got = squad(expected).split(), squad(written).split()
    if not want or not got:
        return float(want == got)
    shared = sum((Counter(want) & Counter(got)).values())
    if not shared:
        return 0.0
    precision, recall = Fraction(shared, len(got)), Fraction(shared, len(want))
    return float(2 * precision * recall / (precision + recall))


def words(text):
    found, word = [], ""
    for c in text + " ":
        if unicodedata.category(c)[0] in "LMN":
            word += c.lower()
        elif word:
            found.append(word)
            word = ""
    return found


def rouge_l(expected, written):
    want, got = words(expected), words(written)
    if not want or not got:
        return float(want == got)
    table = [[0] * (len(got) + 1) for _ in range(len(want) + 1)]
    for i, w in enumerate(want):
        for j, g in enumerate(got):
            table[i + 1][j + 1] = table[i][j] + 1 if w == g else max(table[i][j + 1], table[i + 1][j])
    common = table[-1][-1]
    if not common:
        return 0.0
    precision, recall = Fraction(common, len(got)), Fraction(common, len(want))
    return float(2 * precision * recall / (precision + recall))


def label(text):
    lines = text.strip().split("\n")
    return plain(lines[0]).strip(" \"'`.").lower()


def labels(pairs):
    want, got = [label(e) for e, _ in pairs], [label(w) for _, w in pairs]
    names = sorted(set(want))
    counts = [[0] * (len(names) + 1) for _ in names]
    for w, g in zip(want, got):
        counts[names.index(w)][names.index(g) if g in names else len(names)] += 1
    scores = []
    for i, name in enumerate(names):
        right = counts[i][i]
        answered = sum(row[i] for row in counts)
        precision = Fraction(right, answered) if answered else Fraction(0)
        recall = Fraction(right, sum(counts[i]))
        scores.append(2 * precision * recall / (precision + recall) if right else Fraction(0))
    return {
        "pairs": pairs, "labels": names, "counts": counts, "right": [w == g for w, g in zip(want, got)],
        "accuracy": sum(w == g for w, g in zip(want, got)) / len(pairs), "macro_f1": float(sum(scores) / len(scores)),
    }


def parse(text):
    def refuse(name):
        raise ValueError(name)
    try:
        return [json.loads(text, parse_constant=refuse)]
    except ValueError:
        return None


def leaves(value, path=()):
    if isinstance(value, dict) and value:
        return {k: v for name, inner in value.items() for k, v in leaves(inner, path + (name,)).items()}
    if isinstance(value, list) and value:
        return {k: v for i, inner in enumerate(value) for k, v in leaves(inner, path + (i,)).items()}
    kind = "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__
    return {path: (kind, value)}


def fields(expected, written):
    want, got = parse(expected), parse(written)
    if want is None or got is None:
        return 0.0
    want, got = leaves(want[0]), leaves(got[0])
    return 2 * sum(path in got and got[path] == value for path, value in want.items()) / (len(want) + len(got))


def last_number(text):
    last = None
    at = 0
    while at < len(text):
        c = text[at]
        signed = c in "-+\u2212" and (at == 0 or not text[at - 1].isalnum())
        begin = at + 1 if signed else at
        if begin >= len(text) or text[begin] not in string.digits:
            at += 1
            continue
        end = begin
        while end < len(text) and text[end] in string.digits:
            end += 1
        digits = text[begin:end]
        if len(digits) <= 3:
            # Groups of exactly three behind commas belong to the number, if no further digit follows the last of them.
            groups = end
            while re.match(r",[0-9]{3}", text[groups:]):
                groups += 4
            while groups > end and groups < len(text) and text[groups] in string.digits:
                groups -= 4
            digits += text[end:groups].replace(",", "")
            end = groups
        more = re.match(r"\.[0-9]+", text[end:])
        if more:
            digits, end = digits + more.group(), end + more.end()
        more = re.match(r"[eE][-+]?[0-9]+", text[end:])
        if more:
            digits, end = digits + more.group(), end + more.end()
        last = float(digits) * (-1 if signed and c != "+" else 1)
        at = end
    return last


def number(expected, written, tolerance):
    want, got = last_number(expected), last_number(written)
    return want is not None and got is not None and abs(got - want) <= tolerance * max(1, abs(want))


def regex(pattern, expected, written):
    def find(text):
        m = re.search(pattern, text, re.MULTILINE)
        return m and (m.group(1) if m.re.groups else m.group())
    return find(expected) is not None and find(expected) == find(written)


def choices():
    cases = [([-1.0, -2.0], ["a", "b"], 0), ([-2.0, -2.0], ["a", "b"], 1), ([-5.0, -6.0], ["no", "yes indeed"], 1), ([-3.0, -1.0, -2.0], ["x", "éé", "z"], 2)]
    made = []
    for scores, texts, right in cases:
        sizes = [len(t.encode()) for t in texts]
        best = max(range(len(texts)), key=lambda i: (scores[i], -i))
        normal = max(range(len(texts)), key=lambda i: (scores[i] / sizes[i], -i))
        made.append({"likelihoods": scores, "bytes": sizes, "right": right, "plain": best, "normalized": normal})
    return made


def mcnemar():
    made = []
    for both, gained, lost, neither in [(0, 0, 0, 5), (3, 1, 0, 0), (2, 5, 5, 1), (4, 9, 2, 3), (0, 1, 30, 0), (100, 700, 600, 100), (0, 3000, 0, 1)]:
        n, k = gained + lost, min(gained, lost)
        p = min(Fraction(1), 2 * sum(Fraction(math.comb(n, i)) for i in range(k + 1)) / 2 ** n)
        made.append({"both": both, "gained": gained, "lost": lost, "neither": neither, "p": float(p)})
    return made


def permutation():
    random.seed(5)
    made = []
    for n in (1, 2, 3, 5, 8, 11):
        for tied in (True, False):
            before = [float(random.randint(0, 3)) if tied else random.random() for _ in range(n)]
            after = [float(random.randint(0, 3)) if tied else random.random() + 0.3 for _ in range(n)]
            exact_before = [Fraction(b) for b in before]
            exact_after = [Fraction(a) for a in after]
            seen = abs(sum(exact_after) - sum(exact_before))
            ways = list(itertools.product((1, -1), repeat=n))
            hits = sum(abs(sum(s * (a - b) for s, a, b in zip(signs, exact_after, exact_before))) >= seen for signs in ways)
            made.append({"before": before, "after": after, "p": hits / len(ways)})
    return made


def losses():
    random.seed(9)
    rows, total, tokens, hits = [], 0.0, 0, 0
    for length in (1, 4, 2):
        row = []
        for _ in range(length):
            logits = [float(random.randint(-2, 2)) for _ in range(6)]
            target = random.randrange(6)
            loss = math.log(sum(math.exp(x) for x in logits)) - logits[target]
            hit = logits.index(max(logits)) == target
            row.append({"logits": logits, "target": target, "loss": loss, "hit": hit})
            total, tokens, hits = total + loss, tokens + 1, hits + hit
        rows.append(row)
    return {"rows": rows, "loss": total / tokens, "perplexity": math.exp(total / tokens), "token_accuracy": hits / tokens}


golden = {
    "words": [{"expected": e, "written": w, "exact": exact(e, w), "exact:squad": squad(e) == squad(w), "first-line": first_line(e, w),
               "f1": f1(e, w), "rouge-l": rouge_l(e, w)} for e, w in PAIRS],
    "labels": labels(LABELS),
    "json": [{"expected": e, "written": w, "json": parse(w) is not None, "json-fields": fields(e, w)} for e, w in JSON_PAIRS],
    "numbers": [{"expected": e, "written": w, "numeric": number(e, w, 1e-6), "numeric:0.01": number(e, w, 0.01)} for e, w in NUMBERS],
    "regexes": [{"pattern": p, "expected": e, "written": w, "right": regex(p, e, w)} for p, e, w in REGEXES],
    "choices": choices(), "mcnemar": mcnemar(), "permutation": permutation(), "losses": losses(),
}
with open("tests/Fixtures/metrics.json", "w", encoding="utf-8") as out:
    json.dump(golden, out, indent=1, ensure_ascii=False)
    out.write("\n")
