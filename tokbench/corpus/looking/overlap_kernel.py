"""Kernels: passages by their fingerprints (winnowing), found again in other documents.

Of every run of K bytes of a document a hash is taken, rolling from one to the next; of every WINDOW
neighbouring ones the smallest is kept. Two documents that have K + WINDOW - 1 bytes in a row in
common have a window of hashes in common, and of it both keep the same (Schleimer, Wilkerson and
Aiken 2003, "Winnowing: local algorithms for document fingerprinting"); where a hash ties with the
one kept before, that one stays ("robust winnowing"), so that a ruler of dashes gives one
fingerprint for each window and not one for each dash.

ASCII white space is left out before, since the same passage is wrapped and indented differently
wherever it is quoted.
"""

import numpy as np

from tokbench.kernels import Array, Integer, jit
from tokbench.kernels.machine import prefetch

BASE = np.uint64(0x9E3779B97F4A7C15)
MIX = np.uint64(0xD6E8FEB86659FD93)
HALF = np.uint64(32)
NONE, ONE = np.uint64(0), np.uint64(1)
RING = 64
"""How many hashes are held at least."""
HIGHEST = np.uint64(2**64 - 1)
NOWHERE = -1


@jit
def squeeze(text: Array, starts: Array, squeezed: Array, ends: Array) -> None:
    """Copy documents without their ASCII white space.

    Args:
        text: uint8, the documents' UTF-8.
        starts: int64, where each begins in `text`, and where the last one ends.
        squeezed: uint8, room for all and one byte more.
        ends: int64, as long as `starts`; filled likewise.
    """
    written = np.int64(0)
    ends[0] = 0
    for document in range(starts.shape[0] - 1):
        for place in range(starts[document], starts[document + 1]):
            byte = np.int64(text[place])
            squeezed[written] = byte
            written += (byte > 32) | (byte < 9) | ((byte > 13) & (byte < 32))
        ends[document + 1] = written


@jit
def winnow(
    text: Array,
    starts: Array,
    first: Integer,
    k: Integer,
    window: Integer,
    ring: Array,
    hashes: Array,
    places: Array,
    ends: Array,
) -> Integer:
    """The fingerprints of documents, one document behind the other.

    Args:
        text: uint8, what `squeeze` has made of the documents.
        starts: int64, where each begins in `text`, and where the last one ends.
        first: the number of the document to begin with.
        k: how many bytes are hashed.
        window: of how many hashes the smallest is kept, at most RING.
        ring: uint64, 2 * RING; worked in.
        hashes: uint64, filled with the fingerprints.
        places: int64, one a fingerprint: where in its document its bytes begin; filled.
        ends: int64, one more than there are documents: how many fingerprints the documents before
            each have, from `first` on; filled.

    Returns:
        The number of the document that found no room for its fingerprints.
    """
    highest = ONE  # what the oldest byte of a run is worth
    for _ in range(k - 1):
        highest *= BASE
    room = hashes.shape[0] - 1
    written = np.int64(0)
    ends[first] = 0
    for document in range(first, starts.shape[0] - 1):
        begin, end = starts[document], starts[document + 1]
        if end - begin < k:
            ends[document + 1] = written
            continue
        value = NONE
        for place in range(begin, begin + k - 1):
            value = value * BASE + np.uint64(text[place])
        fits = True
        left = NONE  # what the byte is worth that leaves the run
        least, at = HIGHEST, 0  # the smallest hash of the window, and its place
        kept = -1
        runs = end - begin - k + 1
        for run in range(runs):
            value = (value - left) * BASE + np.uint64(text[begin + run + k - 1])
            left = np.uint64(text[begin + run]) * highest
            mixed = (value ^ (value >> HALF)) * MIX
            mixed ^= mixed >> HALF
            ring[run & (RING - 1)] = mixed
            ring[(run & (RING - 1)) + RING] = mixed  # so that every window lies in one piece
            if mixed < least:
                least, at = mixed, run
            elif at <= run - window:  # it has left the window: the rightmost of the rest
                since = (run - window + 1) & (RING - 1)
                least = HIGHEST
                for number_ in range(since, since + window):
                    least = min(least, ring[number_])
                at = run
                while ring[at & (RING - 1)] != least:
                    at -= 1
            # A short document has one window, not filled.
            if at != kept and (run >= window - 1 or run == runs - 1):
                if written == room:
                    fits = False
                    break
                hashes[written] = least
                places[written] = at
                written += 1
                kept = at
        if not fits:
            return document
        ends[document + 1] = written
    return starts.shape[0] - 1


@jit
def number(hashes: Array, slots: Array, known: Array, numbers: Array, count: Integer) -> Integer:
    """Give every distinct hash a number, in the order in which they come.

    Args:
        hashes: uint64.
        slots: int32, a power of two, more than there are hashes; NOWHERE where empty.
        known: uint64, room for all; the hashes by their number.
        numbers: int32, one a hash, filled.
        count: how many have a number before.

    Returns:
        How many have one now.
    """
    mask = np.uint64(slots.shape[0] - 1)
    for each in range(hashes.shape[0]):
        slot = hashes[each] & mask
        while slots[np.int64(slot)] != NOWHERE:
            if known[slots[np.int64(slot)]] == hashes[each]:
                break
            slot = (slot + ONE) & mask
        if slots[np.int64(slot)] == NOWHERE:
            slots[np.int64(slot)] = count
            known[count] = hashes[each]
            count += 1
        numbers[each] = slots[np.int64(slot)]
    return count


@jit
def mark(
    hashes: Array,
    ends: Array,
    documents: Array,
    slots: Array,
    known: Array,
    first: Array,
    last: Array,
    count: Array,
) -> None:
    """Note in which documents the numbered fingerprints occur.

    Args:
        hashes: uint64, the fingerprints of some documents.
        ends: int64, how many of them the documents before each have.
        documents: int64, what each document is called.
        slots: int32, as `number` has filled them.
        known: uint64, likewise.
        first: int64, by number: the first document that has it; filled where NOWHERE.
        last: int64, by number: the last one.
        count: int32, by number: how many have it.
    """
    mask = np.uint64(slots.shape[0] - 1)
    for document in range(ends.shape[0] - 1):
        for each in range(ends[document], ends[document + 1]):
            if each + 8 < hashes.shape[0]:
                prefetch(slots, np.int64(hashes[each + 8] & mask))
            slot = hashes[each] & mask
            while slots[np.int64(slot)] != NOWHERE:
                found = slots[np.int64(slot)]
                if known[found] == hashes[each]:
                    if last[found] != documents[document]:
                        last[found] = documents[document]
                        count[found] += 1
                        if first[found] == NOWHERE:
                            first[found] = documents[document]
                    break
                slot = (slot + ONE) & mask


@jit
def covered(
    numbers: Array,
    ends: Array,
    places: Array,
    k: Integer,
    count: Array,
    own: Array,
    common: Integer,
    shared: Array,
    example: Array,
    boilerplate: Array,
) -> None:
    """How much of each document lies in fingerprints that occur elsewhere.

    Args:
        numbers: int32, the numbers of all documents' fingerprints.
        ends: int64, how many of them the documents before each have.
        places: int64, one a fingerprint: where its bytes begin.
        k: how many bytes each has.
        count: int32, by number: how many documents elsewhere have it.
        own: int32, by number: how many of these documents have it.
        common: one that more documents have, there or here, is boilerplate.
        shared: int64, one a document, filled: bytes that are shared, boilerplate left out.
        example: int64, likewise: the first fingerprint that is shared; NOWHERE where there is none.
        boilerplate: uint8, likewise: whether one of them is boilerplate.
    """
    for document in range(ends.shape[0] - 1):
        reached = until = np.int64(0)
        shared[document] = 0
        example[document] = NOWHERE
        boilerplate[document] = 0
        for each in range(ends[document], ends[document + 1]):
            found = numbers[each]
            if count[found] == 0:
                continue
            # Which fingerprints are kept at the ends of boilerplate depends on what is beside it,
            # so few documents have those: what overlaps boilerplate is taken for it.
            near = each
            many = False
            while near < ends[document + 1] and places[near] < places[each] + k and not many:
                which = numbers[near]
                many = count[which] > common or (own[which] > common and count[which] > 0)
                near += 1
            if many:
                until = max(until, places[near - 1] + k)
            if many or places[each] < until:
                boilerplate[document] = 1
                continue
            if example[document] == NOWHERE:
                example[document] = each
            shared[document] += places[each] + k - max(places[each], reached)
            reached = places[each] + k
