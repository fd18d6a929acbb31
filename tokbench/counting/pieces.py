r"""Kernel: pre-tokens of distinct chunks by rule, for the pre-tokenizers that everybody uses.

The published patterns look at nothing but kinds of characters, a few characters by name and at most
one character ahead. So where the kinds are certain, finding the next pre-token is a dozen lines for
each pattern (`_gpt2`, `_cl100k`, `_o200k`, `_simple`), each the pattern read from left to right,
and where it backtracks the comment says so.

What makes it exact:

- Nothing is assumed about a character. `tokbench.counting.folding` asks the recipe's own normalizer
  and pre-tokenizer about each distinct one: `fold` says what the normalizer makes of it and what
  kind that is, or -1 where one character does not become one character whatever stands beside it.
  A chunk with such a character is left to the library.
- Chunks are cut where the pattern always splits, so the end of a chunk is to `(?!\S)` what the end
  of a document would be.
- `Digits` before a pattern cuts numbers off first, so the pattern sees what lies between them, each
  a text of its own.
- The rules are compared with the library on chunks of the corpus at hand (`words.count_words`), and
  exhaustively on all strings of kinds up to seven characters in the tests.
"""

from typing import Any

import numpy as np

from tokbench.chunks.classes import CASELESS, LOWER, MARK, NUMBER, PUNCTUATION, SYMBOL, UPPER, WHITE
from tokbench.kernels import jit

KIND = 21
"""`fold` holds a kind above the 21 bits of a code point."""
LONGEST = 1 << 16
"""Chunks of more bytes are left to the library, so that buffers stay small."""
BYTES_PER_CHARACTER = 8
"""At most: four UTF-8 bytes, two for each in ByteLevel's alphabet."""
CODE = (1 << KIND) - 1
RUNS = 2
ALONE = SYMBOL
"""For pre-tokenizers that throw white space away: the kind of what is a word by itself."""
GPT2, CL100K, QWEN2, O200K, BERT, WHITE_SPLIT, WHITESPACE, METASPACE = range(8)
NUMBERS = {"gpt2": GPT2, "cl100k": CL100K, "qwen2": QWEN2, "o200k": O200K, "bert": BERT}
NUMBERS |= {"white": WHITE_SPLIT, "whitespace": WHITESPACE, "metaspace": METASPACE}
DROPPING = (BERT, WHITE_SPLIT, WHITESPACE)
SPACE, LINE_FEED, RETURN, QUOTE, SLASH = 0x20, 0x0A, 0x0D, 0x27, 0x2F


@jit
def cut_pieces(
    text: Any,
    offsets: Any,
    counts: Any,
    first: Any,
    fold: Any,
    pattern: Any,
    digits: Any,
    prefix: Any,
    replacement: Any,
    alphabet: Any,
    codes: Any,
    kinds: Any,
    out: Any,
    ends: Any,
    weights: Any,
    rest: Any,
) -> Any:
    """Write the pre-tokens of chunks one behind another.

    Args:
        text: UTF-8 bytes of the chunks.
        offsets: int64, where each chunk begins, and where the last ends.
        counts: int64, how often each occurs.
        first: the first chunk to take.
        fold: int32 for each code point: kind << 21 | what it becomes; -1: ask the library.
        pattern: which rules.
        digits: 0, or what Digits does before: 1 each digit by itself, 2 runs of digits.
        prefix: code point to put before a text that does not begin with it, or 0.
        replacement: Metaspace's code point.
        alphabet: uint16, ByteLevel's code point for each byte; empty: write UTF-8.
        codes: int32 to work in, LONGEST + 2 of them.
        kinds: uint8 to work in, as many.
        out: uint8, filled with the text of the pieces, one behind another.
        ends: int64, filled with the end of each piece.
        weights: int64, filled with how often each piece counts.
        rest: filled with the numbers of the chunks that the rules do not cover.

    Returns:
        The next chunk to take, how many pieces were written, and how many chunks are in `rest`.
    """
    pieces = left = written = 0
    chunk = first
    while chunk < counts.shape[0] and left < rest.shape[0]:
        begin, end = offsets[chunk], offsets[chunk + 1]
        most = min(end - begin, LONGEST) + 1
        if written + most * BYTES_PER_CHARACTER > out.shape[0] or pieces + most > ends.shape[0]:
            break
        size = _decode(text, begin, end, fold, prefix, codes, kinds)
        if size < 0:
            rest[left] = chunk
            left += 1
            chunk += 1
            continue
        place = 0
        while place < size:
            border = size  # what the pattern takes for the end of the text
            if digits and kinds[place] != NUMBER:
                border = _run(kinds, place, size, NUMBER, False)
            elif digits:
                border = _run(kinds, place, size, NUMBER, True) if digits == RUNS else place + 1
            while place < border:
                if pattern == GPT2:
                    after = _gpt2(codes, kinds, place, border)
                elif pattern == CL100K:
                    after = _cl100k(codes, kinds, place, border, 3)
                elif pattern == QWEN2:
                    after = _cl100k(codes, kinds, place, border, 1)
                elif pattern == O200K:
                    after = _o200k(codes, kinds, place, border)
                else:
                    after = _simple(codes, kinds, place, border, pattern)
                if kinds[place] != WHITE or pattern not in DROPPING:
                    written = _write(codes, place, after, replacement, alphabet, out, written)
                    ends[pieces] = written
                    weights[pieces] = counts[chunk]
                    pieces += 1
                place = after
        chunk += 1
    return chunk, pieces, left


@jit
def _decode(text: Any, begin: Any, end: Any, fold: Any, prefix: Any, codes: Any, kinds: Any) -> Any:
    """The code points of a chunk, normalized, and their kinds; how many, or -1: not by rule."""
    if end - begin > LONGEST:
        return -1
    size = 0
    if prefix:
        codes[0], kinds[0] = prefix, PUNCTUATION
        size = 1
    place = begin
    while place < end:
        lead = np.int64(text[place])
        length = 1 + (lead >= 0xC0) + (lead >= 0xE0) + (lead >= 0xF0)
        code = lead if length == 1 else lead & (0x7F >> length)
        for offset in range(1, length):
            code = code << 6 | (np.int64(text[place + offset]) & 0x3F)
        place += length
        folded = fold[code]
        if folded < 0:
            return -1
        codes[size], kinds[size] = folded & CODE, folded >> KIND
        size += 1
    if prefix and size > 1 and codes[1] in (SPACE, prefix):  # it stands there already
        size -= 1
        for k in range(size):
            codes[k], kinds[k] = codes[k + 1], kinds[k + 1]
    elif prefix == SPACE:
        kinds[0] = WHITE
    return size


@jit
def _run(kinds: Any, place: Any, limit: Any, kind: Any, inside: Any) -> Any:
    """The end of the run from `place` of characters that are of a kind, or are not."""
    while place < limit and (kinds[place] == kind) == inside:
        place += 1
    return place


@jit
def _letters(kinds: Any, place: Any, limit: Any) -> Any:
    while place < limit and UPPER <= kinds[place] <= CASELESS:
        place += 1
    return place


@jit
def _signs(kinds: Any, place: Any, limit: Any) -> Any:
    r"""The end of the run of `[^\s\p{L}\p{N}]` from `place`."""
    while place < limit and kinds[place] >= PUNCTUATION and kinds[place] != WHITE:
        place += 1
    return place


@jit
def _contraction(codes: Any, place: Any, limit: Any, lower: Any) -> Any:
    """The end of `'s|'t|'re|'ve|'m|'ll|'d` at `place`, or `place`; `lower` 0x20 ignores case."""
    if place + 1 >= limit or codes[place] != QUOTE:
        return place
    one = codes[place + 1] | lower
    if one in (0x73, 0x74, 0x6D, 0x64):  # s t m d
        return place + 2
    if place + 2 < limit:
        two = codes[place + 2] | lower
        if (one in (0x72, 0x76) and two == 0x65) or (one == 0x6C and two == 0x6C):  # re ve ll
            return place + 3
    return place


@jit
def _white(kinds: Any, place: Any, limit: Any) -> Any:
    r"""`\s+(?!\S)|\s+`: all white space up to the end, else all but the last one, else one."""
    end = _run(kinds, place, limit, WHITE, True)
    return end - 1 if end < limit and end - place > 1 else end


@jit
def _gpt2(codes: Any, kinds: Any, place: Any, limit: Any) -> Any:
    end = _contraction(codes, place, limit, 0)
    if end > place:
        return end
    body = place  # ` ?`: given back if no letter, number or sign follows
    if codes[place] == SPACE and place + 1 < limit and kinds[place + 1] != WHITE:
        body += 1
    if UPPER <= kinds[body] <= CASELESS:
        return _letters(kinds, body, limit)
    if kinds[body] == NUMBER:
        return _run(kinds, body, limit, NUMBER, True)
    if kinds[body] != WHITE:
        return _signs(kinds, body, limit)
    return _white(kinds, place, limit)


@jit
def _cl100k(codes: Any, kinds: Any, place: Any, limit: Any, digits: Any) -> Any:
    end = _contraction(codes, place, limit, 0x20)
    if end > place:
        return end
    end = _letters(kinds, place, limit)
    if end == place and kinds[place] != NUMBER and not _breaks(codes[place]):
        end = _letters(kinds, place + 1, limit)  # `[^\r\n\p{L}\p{N}]?` takes one
        end = end if end > place + 1 else place
    if end > place:
        return end
    return _rest_of_cl100k(codes, kinds, place, limit, digits, RETURN)


@jit
def _o200k(codes: Any, kinds: Any, place: Any, limit: Any) -> Any:
    kind = kinds[place]
    letter = UPPER <= kind <= CASELESS
    ahead = not letter and kind != NUMBER and not _breaks(codes[place])
    # each alternative first with the optional character before the letters, then without it,
    # which only a mark allows: it is such a character and counts as a letter as well
    for alternative in range(2):
        for start in range(place + ahead, place - 1, -1):
            if start == place and not letter and kind != MARK:
                continue
            upper = start
            while upper < limit and kinds[upper] in (UPPER, CASELESS, MARK):
                upper += 1
            end = upper
            if alternative == 0:
                while end < limit and kinds[end] in (LOWER, CASELESS, MARK):
                    end += 1
                if end == upper:  # the greedy first part gives back down to the last one of both
                    while end > start and kinds[end - 1] == UPPER:
                        end -= 1
            if end > start:
                return _contraction(codes, end, limit, 0x20)
    return _rest_of_cl100k(codes, kinds, place, limit, 3, SLASH)


@jit
def _rest_of_cl100k(
    codes: Any, kinds: Any, place: Any, limit: Any, digits: Any, closing: Any
) -> Any:
    r"""`\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`."""
    if kinds[place] == NUMBER:
        return _run(kinds, place, min(limit, place + digits), NUMBER, True)
    body = place
    if codes[place] == SPACE and place + 1 < limit:
        body += 1
    end = _signs(kinds, body, limit)
    if end > body:
        while end < limit and (_breaks(codes[end]) or codes[end] == closing):
            end += 1
        return end
    end = _run(kinds, place, limit, WHITE, True)
    while end > place and not _breaks(codes[end - 1]):  # `\s*` gives back to the last line end
        end -= 1
    return end if end > place else _white(kinds, place, limit)


@jit
def _breaks(code: Any) -> Any:
    return code in (RETURN, LINE_FEED)


@jit
def _simple(codes: Any, kinds: Any, place: Any, limit: Any, pattern: Any) -> Any:
    """Metaspace begins a piece at each U+0020; the others end one where the kind changes.

    For them there are four kinds: WHITE, ALONE, and two for what may stand together.
    """
    end = place + 1
    if pattern == METASPACE:
        while end < limit and codes[end] != SPACE:
            end += 1
    elif kinds[place] != ALONE:
        while end < limit and kinds[end] == kinds[place]:
            end += 1
    return end


@jit
def _write(
    codes: Any, place: Any, after: Any, replacement: Any, alphabet: Any, out: Any, written: Any
) -> Any:
    """Write code points as UTF-8, or each byte of it as a character of ByteLevel's alphabet."""
    for k in range(place, after):
        code = codes[k]
        if replacement and code == SPACE:
            code = replacement
        begin = written
        written = _utf8(code, out, written)
        if alphabet.shape[0]:
            # the bytes move to the end of the room for them, from where they are read again
            size = written - begin
            for byte in range(size - 1, -1, -1):
                out[begin + size + byte] = out[begin + byte]
            written = begin
            for byte in range(size):
                written = _utf8(alphabet[out[begin + size + byte]], out, written)
    return written


@jit
def _utf8(code: Any, out: Any, written: Any) -> Any:
    if code < 0x80:
        out[written] = code
        return written + 1
    if code < 0x800:
        out[written] = 0xC0 | code >> 6
        out[written + 1] = 0x80 | code & 0x3F
        return written + 2
    if code < 0x10000:
        out[written] = 0xE0 | code >> 12
        out[written + 1] = 0x80 | code >> 6 & 0x3F
        out[written + 2] = 0x80 | code & 0x3F
        return written + 3
    out[written] = 0xF0 | code >> 18
    out[written + 1] = 0x80 | code >> 12 & 0x3F
    out[written + 2] = 0x80 | code >> 6 & 0x3F
    out[written + 3] = 0x80 | code & 0x3F
    return written + 4
