"""Kernels: from chunks back to documents, and what is counted in text itself."""

from typing import Any

import numpy as np

from tokbench.kernels import jit

LETTER, DIGIT, JOINER = 1, 2, 3
IN_LETTERS, IN_DIGITS, IN_BOTH = 4, 5, 6
"""What ASCII characters are to UAX 29: joined with their like, or between two of a kind."""
UNSEGMENTED = 2
"""In a table of kinds: 1 is a letter, 3 one of a script that puts no spaces between words."""
SAME, WRITTEN, ASKED = 0, 1, 2
"""How it is known what a chunk's tokens decode to."""


@jit
def look_up(keys: Any, row_of: Any, rows: Any) -> Any:
    """The row of each key, -1 for none; how many have none.

    Args:
        keys: integers below the length of `row_of`.
        row_of: int32, the row of each key.
        rows: int32, one a key, filled.
    """
    missing = 0
    for place in range(keys.shape[0]):
        rows[place] = row_of[keys[place]]
        missing += rows[place] < 0
    return missing


@jit
def add_up(rows: Any, bounds: Any, values: Any, sums: Any) -> Any:
    """For each document, the sum of the values of its rows.

    Args:
        rows: int32, the rows of all documents' chunks.
        bounds: int64, where each document's begin in `rows`, and the last one's end.
        values: int64, by row.
        sums: int64, one a document, filled.
    """
    for document in range(sums.shape[0]):
        total = np.int64(0)
        for place in range(bounds[document], bounds[document + 1]):
            total += values[rows[place]]
        sums[document] = total


@jit
def tally(weights: Any, flat: Any, firsts: Any, counts: Any) -> Any:
    """Count the tokens of rows, each as often as its row weighs.

    Args:
        weights: int64, by row.
        flat: int32, the tokens of all rows.
        firsts: int64, by row, where they begin, and one more.
        counts: int64, by token, added to.
    """
    for row in range(weights.shape[0]):
        if weights[row]:
            for at in range(firsts[row], firsts[row + 1]):
                counts[flat[at]] += weights[row]


@jit
def join(rows: Any, text: Any, bounds: Any, out: Any) -> Any:
    """Write the strings of these rows one behind another.

    Args:
        rows: int32.
        text: uint8; string k is `text[bounds[k]:bounds[k + 1]]`.
        bounds: int64.
        out: uint8, exactly as long as they are together.
    """
    used = 0
    for place in range(rows.shape[0]):
        for at in range(bounds[rows[place]], bounds[rows[place] + 1]):
            out[used] = text[at]
            used += 1


@jit
def compare(
    rows: Any,
    text: Any,
    starts: Any,
    same: Any,
    numbers: Any,
    chunks: Any,
    firsts: Any,
    other_rows: Any,
    other_text: Any,
    other_starts: Any,
    bounds: Any,
    skip: Any,
    equal: Any,
) -> Any:
    """For each document, whether two strings made of parts are equal, however they are parted.

    Args:
        rows: int32, the parts of the one string, for all documents.
        text: uint8; part k is `text[starts[k]:starts[k + 1]]`.
        starts: int64.
        same: by row, whether the part is the chunk at its place instead.
        numbers: as many int32, the chunks.
        chunks: uint8, likewise their text.
        firsts: int64, likewise.
        other_rows: as many int32, the parts of the other.
        other_text: likewise.
        other_starts: likewise.
        bounds: int64, where each document's parts begin, and the last one's end.
        skip: whether the other's parts are the chunks.
        equal: one a document, filled.
    """
    for document in range(equal.shape[0]):
        begin, end = bounds[document], bounds[document + 1]
        if skip:
            while begin < end and same[rows[begin]]:
                begin += 1
        left, right = begin, begin
        place = other = left_end = right_end = np.int64(0)
        own = False
        while True:
            while place == left_end and left < end:
                own = same[rows[left]]
                if own:
                    place, left_end = firsts[numbers[left]], firsts[numbers[left] + 1]
                else:
                    place, left_end = starts[rows[left]], starts[rows[left] + 1]
                left += 1
            while other == right_end and right < end:
                other = other_starts[other_rows[right]]
                right_end = other_starts[other_rows[right] + 1]
                right += 1
            if place == left_end or other == right_end:
                equal[document] = place == left_end and other == right_end
                break
            if (chunks[place] if own else text[place]) != other_text[other]:
                equal[document] = False
                break
            place += 1
            other += 1


@jit
def decode(
    rows: Any,
    leading: Any,
    flat: Any,
    firsts: Any,
    tokens: Any,
    unk: Any,
    numbers: Any,
    chunks: Any,
    starts: Any,
    out: Any,
    ends: Any,
    told: Any,
    kept: Any,
) -> Any:
    """For each row what its tokens decode to, as far as that is known of each of them.

    Args:
        rows: int32.
        leading: bool, by place in `rows`, whether its first token begins a text.
        flat: int32, the tokens of all rows.
        firsts: int64, by row, where its tokens begin.
        tokens: a `spelled.Spelled`.
        unk: the unknown token; -1 for none.
        numbers: int64, a chunk for each place.
        chunks: uint8, likewise its text.
        starts: int64, likewise.
        out: uint8, filled with what was WRITTEN, one behind another, as far as there is room.
        ends: int64, one more than there are places, filled: where each ends in `out`; the first 0.
        told: uint8, one a place, filled: SAME as the chunk, WRITTEN, or ASKED of the library.
        kept: int64, likewise: letters in it, those of unknown tokens left out; -1 for those of the
            chunk.

    Returns:
        How many places were looked at; fewer than given if `out` has no room.
    """
    used: Any = np.int64(0)
    for number in range(rows.shape[0]):
        begin = used
        first, last = firsts[rows[number]], firsts[rows[number] + 1]
        state = WRITTEN
        whole = True
        unknown = False
        letters: Any = np.int64(0)
        for at in range(first, last):
            place: Any = np.int64(flat[at])
            if at > first or not leading[number]:
                place += tokens.behind
            if not tokens.known[place]:
                state = ASKED
                break
            size = tokens.bounds[place + 1] - tokens.bounds[place]
            if used + size > out.shape[0]:
                return number
            for offset in range(size):
                out[used + offset] = tokens.text[tokens.bounds[place] + offset]
            used += size
            whole = whole and tokens.whole[place]
            if flat[at] == unk:
                unknown = True
            else:
                letters += tokens.letters[place]
        if state == WRITTEN:
            source = starts[numbers[number]]
            same = used - begin == starts[numbers[number] + 1] - source
            if same:
                for offset in range(used - begin):
                    if out[begin + offset] != chunks[source + offset]:
                        same = False
                        break
            if not whole and (unknown or not same):
                state = ASKED
            elif same:
                state = SAME
        if state != WRITTEN:
            used = begin
        told[number] = state
        kept[number] = letters if whole else -1
        ends[number + 1] = used
    return rows.shape[0]


@jit
def holding(text: Any, offsets: Any, heads: Any, patterns: Any, starts: Any, held: Any) -> Any:
    """For each document, whether it holds one of these byte strings.

    Args:
        text: UTF-8 bytes.
        offsets: int64, where each document begins and the last one ends.
        heads: int64, 65537; the patterns whose first two bytes are `a, b` are those from
            `heads[a << 8 | b]` to the next. One of a single byte stands under every `b`.
        patterns: uint8; pattern k is `patterns[starts[k]:starts[k + 1]]`, none empty.
        starts: int64.
        held: one a document, filled.
    """
    for document in range(held.shape[0]):
        end = offsets[document + 1]
        held[document] = False
        for place in range(offsets[document], end):
            second = text[place + 1] if place + 1 < end else 0
            head = np.int64(text[place]) << 8 | np.int64(second)
            for number in range(heads[head], heads[head + 1]):
                length = starts[number + 1] - starts[number]
                if place + length > end:
                    continue
                matched = 0
                while matched < length and (
                    text[place + matched] == patterns[starts[number] + matched]
                ):
                    matched += 1
                if matched == length:
                    held[document] = True
                    break
            if held[document]:
                break


@jit
def look_at(
    text: Any, offsets: Any, kinds: Any, characters: Any, letters: Any, unsegmented: Any
) -> Any:
    """For each string its code points, and which of them are letters.

    Args:
        text: UTF-8 bytes.
        offsets: int64, where each string begins and the last one ends.
        kinds: uint8, for each code point: 1 a letter, 3 a letter that is UNSEGMENTED, else 0.
        characters: int64, one a string, filled; so are the others.
        letters: how many are letters.
        unsegmented: how many are letters of scripts without spaces between words.
    """
    for number in range(characters.shape[0]):
        found = found_letters = found_unsegmented = np.int64(0)
        place, end = offsets[number], offsets[number + 1]
        while place < end:
            code: Any = np.int64(text[place])
            length = 1
            if code >= 0xC0:
                length = 2 + (code >= 0xE0) + (code >= 0xF0)
                code &= 0x7F >> length
                for offset in range(1, length):
                    code = code << 6 | (np.int64(text[place + offset]) & 0x3F)
            kind = kinds[code]
            found += 1
            found_letters += kind & 1
            found_unsegmented += kind >> 1
            place += length
        characters[number] = found
        letters[number] = found_letters
        unsegmented[number] = found_unsegmented


@jit
def ascii_words(text: Any, start: Any, ends: Any, kinds: Any, words: Any) -> Any:
    """For each ASCII piece, how many UAX 29 segments hold a letter or a digit; -1 for the others.

    Args:
        text: UTF-8 bytes.
        start: where the first piece begins.
        ends: int64, where the pieces end, one behind another.
        kinds: uint8, 128: what each ASCII character is (LETTER to IN_BOTH, else 0).
        words: int64, one a piece, filled.
    """
    place = start
    for number in range(ends.shape[0]):
        end = ends[number]
        found: Any = np.int64(0)
        before: Any = np.int64(0)
        counted = False
        while place < end:
            if text[place] >= 0x80:
                found = -1
                place = end
                break
            kind = np.int64(kinds[text[place]])
            after = np.int64(kinds[text[place + 1] & 0x7F]) if place + 1 < end else 0
            if LETTER <= kind <= JOINER:
                counted = counted and before != 0
                if kind != JOINER and not counted:
                    found += 1
                    counted = True
                before = kind
            elif not (
                (before == LETTER == after and kind in (IN_LETTERS, IN_BOTH))
                or (before == DIGIT == after and kind in (IN_DIGITS, IN_BOTH))
            ):
                before = 0
            place += 1
        words[number] = found
