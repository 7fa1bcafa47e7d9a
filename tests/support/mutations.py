"""Payloads made wrong: what a vendor's specimen becomes when bytes, cells or the files in a container change.

Belongs here: seeded changes that keep enough of a layout for a parser to get far. Does not belong here: which format is
tried, and what it may answer (the tests).
"""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from random import Random

WORDS = """
- -- 0 -0 00 1 -1 1e5 1e99999999999999999999 -1E-99999999999999999999 1,5 1.234.567,89 NaN nan Infinity -inf
None null true [] {} " ' \\ud800 \\udfff\\ud800 \\u0000 １２３ － 円 ٣ 0000-00-00 0000-12-31 0001-01-01 -0001-01-01
1000-01-01 9999-12-31 10000-01-01 99999-12-31 2026-02-30 20260230 00010101 31.12.0000 12/31/0001 -62135596801
253402300800 1e300 99999999999999999999 P0D =1+1 #N/A #VALUE! , ; < > &amp; &#0; <!-- --> </ %s
"""
TOKENS = (
    *(word.encode() for word in WORDS.split()),
    *(
        blank.encode()
        for blank in ("", "\t", "\r", "\n", "\r\n\r\n", "\u3000", "\u2028", "\u202e", "\x00", "\x1a", "\ufeff")
    ),
    *(b"\xff\xfe", b"\xed\xa0\x80", b"9" * 30, b"9" * 400, b"0." + b"0" * 300 + b"1", b"A" * 70_000),
)
"""What vendors, spreadsheets and broken connections have been seen to put where a value stands, or beside it."""

_CELL = re.compile(rb"[^\s,;:\"'<>{}\[\]=|&/]+")


def mutate(content: bytes, random: Random) -> bytes:
    """The content with one to four changes; a zip or a gzip is opened, changed inside and packed again, mostly."""
    if random.random() < 0.8:
        if content[:2] == b"PK":
            return _mutate_zip(content, random)
        if content[:2] == b"\x1f\x8b":
            return gzip.compress(mutate(gzip.decompress(content), random), 1, mtime=0)
    for _ in range(random.randint(1, 4)):
        content = random.choice(_CHANGES)(content, random)
    return content


def _mutate_zip(content: bytes, random: Random) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as changed:
        names = archive.namelist()
        chosen = random.choice(names) if names else ""
        for name in names:
            inside = archive.read(name)
            if name == chosen and random.random() < 0.1:
                continue
            changed.writestr(name, mutate(inside, random) if name == chosen else inside)
    return target.getvalue()


def _replace_cell(content: bytes, random: Random) -> bytes:
    cells = list(_CELL.finditer(content))
    if not cells:
        return random.choice(TOKENS)
    cell = random.choice(cells)
    return content[: cell.start()] + random.choice(TOKENS) + content[cell.end() :]


def _swap_cells(content: bytes, random: Random) -> bytes:
    cells = list(_CELL.finditer(content))
    if len(cells) < 2:
        return content
    first, second = sorted(random.sample(cells, 2), key=lambda cell: cell.start())
    middle = content[first.end() : second.start()]
    return content[: first.start()] + second.group() + middle + first.group() + content[second.end() :]


def _flip_byte(content: bytes, random: Random) -> bytes:
    if not content:
        return content
    at = random.randrange(len(content))
    return content[:at] + bytes([random.randrange(256)]) + content[at + 1 :]


def _cut(content: bytes, random: Random) -> bytes:
    return content[: random.randint(0, len(content))]


def _remove_part(content: bytes, random: Random) -> bytes:
    start = random.randint(0, len(content))
    return content[:start] + content[start + random.randint(1, 200) :]


def _repeat_part(content: bytes, random: Random) -> bytes:
    start = random.randint(0, len(content))
    part = content[start : start + random.randint(1, 400)]
    return content[:start] + part * random.randint(2, 3) + content[start + len(part) :]


def _remove_line(content: bytes, random: Random) -> bytes:
    lines = content.splitlines(keepends=True)
    if lines:
        del lines[random.randrange(len(lines))]
    return b"".join(lines)


def _insert_token(content: bytes, random: Random) -> bytes:
    at = random.randint(0, len(content))
    return content[:at] + random.choice(TOKENS) + content[at:]


_CHANGES = (
    *[_replace_cell] * 4,
    _swap_cells,
    _flip_byte,
    _cut,
    _remove_part,
    _repeat_part,
    _remove_line,
    _insert_token,
)
