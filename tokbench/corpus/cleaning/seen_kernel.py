"""Kernels: which documents came before, exactly by 128-bit hashes or nearly by MinHash.

A table of hashes is an array of uint64 pairs whose length is a power of two; the pair of zeros is
an empty place, and the next free place after a hash's own is where it stands.
"""

import numpy as np

from tokbench.corpus.mixing.split_kernel import NONE, PRIME_1, merged, spread, xxh64
from tokbench.kernels import Array, Integer, jit


@jit
def mark_seen(hashes: Array, exempt: Array, table: Array, seen: Array) -> Integer:
    """Mark the hashes that are in the table or came before, and add the others.

    Args:
        hashes: uint64 (documents, 2).
        exempt: uint8, which documents are neither marked nor added.
        table: uint64 (places, 2), with more empty places than there are documents.
        seen: uint8, one for each document; filled with 0 and 1.

    Returns:
        How many were added.
    """
    added = 0
    for document in range(hashes.shape[0]):
        seen[document] = 0
        if not exempt[document]:
            one, two = hashes[document, 0], hashes[document, 1]
            two |= np.uint64((one | two) == NONE)
            place = place_of(one, two, table)
            if table[place, 0] == NONE and table[place, 1] == NONE:
                table[place, 0], table[place, 1] = one, two
                added += 1
            else:
                seen[document] = 1
    return added


@jit
def grow(table: Array, larger: Array) -> None:
    """Move all hashes to a larger, empty table."""
    for old in range(table.shape[0]):
        one, two = table[old, 0], table[old, 1]
        if one != NONE or two != NONE:
            place = place_of(one, two, larger)
            larger[place, 0], larger[place, 1] = one, two


@jit
def place_of(one: Integer, two: Integer, table: Array) -> Integer:
    """Where a hash stands in the table, or would."""
    last = np.uint64(table.shape[0] - 1)
    place = one & last
    while (table[place, 0] != NONE or table[place, 1] != NONE) and not (
        table[place, 0] == one and table[place, 1] == two
    ):
        place = (place + np.uint64(1)) & last
    return np.int64(place)


@jit
def shingles(text: Array, starts: Array, length: Integer, hashes: Array, ends: Array) -> Integer:
    """The hashes of all runs of so many characters of each document; a shorter one is one run.

    Args:
        text: uint8, the documents' UTF-8.
        starts: int64, where each begins in `text`, and where the last one ends.
        length: characters of a run.
        hashes: uint64, room for one for each byte and each document; filled.
        ends: uint64, one more than there are documents: where the hashes of each begin; filled.

    Returns:
        How many hashes there are.
    """
    count = 0
    for document in range(starts.shape[0] - 1):
        ends[document] = np.uint64(count)
        first, end, stop = starts[document], starts[document + 1], starts[document]
        inside = 0
        while stop < end and inside < length:
            stop = behind(text, stop, end)
            inside += 1
        hashes[count] = xxh64(text, first, stop, NONE)
        count += 1
        while stop < end:
            first, stop = behind(text, first, end), behind(text, stop, end)
            hashes[count] = xxh64(text, first, stop, NONE)
            count += 1
    ends[starts.shape[0] - 1] = np.uint64(count)
    return count


@jit
def behind(text: Array, place: Integer, end: Integer) -> Integer:
    """Where the next character begins."""
    place += 1
    while place < end and (text[place] & 0xC0) == 0x80:  # noqa: PLR2004 - UTF-8 goes on
        place += 1
    return place


@jit
def mark_near(
    sketches: Array, exempt: Array, bands: Integer, alike: Integer,
    kept: Array, count: Integer, table: Array, near: Array,
) -> Integer:  # fmt: skip
    """Mark the documents that are like one that came before and was kept; keep the others.

    A document is compared with the first that was kept of those with which it shares a band.

    Args:
        sketches: uint32 (documents, slots).
        exempt: uint8, which documents are neither marked nor kept.
        bands: into how many equal bands the slots are cut; a rest belongs to none.
        alike: of two documents that are alike so many slots are equal at least.
        kept: uint32 (room, slots), the sketches of documents that were kept.
        count: how many these are.
        table: uint64 (places, 2), the hash of a band and the number of the document plus one, with
            more empty places than the documents have bands.
        near: uint8, one for each document; filled with 0 and 1.

    Returns:
        How many are kept now.
    """
    slots = sketches.shape[1]
    width = slots // bands
    for document in range(sketches.shape[0]):
        near[document] = 0
        if exempt[document]:
            continue
        for band in range(bands):
            place = band_place(sketches, document, band, width, table)
            if table[place, 1] != NONE and not near[document]:
                other = np.int64(table[place, 1]) - 1
                equal = 0
                for slot in range(slots):
                    equal += sketches[document, slot] == kept[other, slot]
                near[document] = equal >= alike
        if not near[document]:
            for slot in range(slots):
                kept[count, slot] = sketches[document, slot]
            count += 1
            for band in range(bands):
                place = band_place(sketches, document, band, width, table)
                if table[place, 1] == NONE:
                    table[place, 0] = band_hash(sketches, document, band, width)
                    table[place, 1] = np.uint64(count)
    return count


@jit
def band_hash(sketches: Array, document: Integer, band: Integer, width: Integer) -> Integer:
    """A number for the band's own slots."""
    value = np.uint64(band + 1) * PRIME_1
    for slot in range(band * width, (band + 1) * width):
        value = merged(value, np.uint64(sketches[document, slot]))
    return spread(value)


@jit
def band_place(
    sketches: Array, document: Integer, band: Integer, width: Integer, table: Array
) -> Integer:
    """Where a band stands in the table, or would."""
    hash_ = band_hash(sketches, document, band, width)
    last = np.uint64(table.shape[0] - 1)
    place = hash_ & last
    while table[place, 1] != NONE and table[place, 0] != hash_:
        place = (place + np.uint64(1)) & last
    return np.int64(place)


@jit
def grow_bands(table: Array, larger: Array) -> None:
    """Move all bands to a larger, empty table."""
    last = np.uint64(larger.shape[0] - 1)
    for old in range(table.shape[0]):
        if table[old, 1] != NONE:
            place = table[old, 0] & last
            while larger[place, 1] != NONE:
                place = (place + np.uint64(1)) & last
            larger[place, 0], larger[place, 1] = table[old, 0], table[old, 1]
