"""The merges of byte-pair encoding, counted exactly and found without searching.

What is learned is defined by `BpeTrainer` of the `tokenizers` library: merge the pair with the
highest count, of equal ones that with the smaller (left id, right id), in all words from left to
right; then the counts are those of the words as they are now. Repeat until the vocabulary is full
or the best count is too small. Doing just that would read the corpus once a merge. Three things
make it fast, and each has a reason why the result is the same.

**Only what a merge touches is counted again.** Where `left right` becomes `token`, the pairs
(before, left) and (right, after) each lose one occurrence and (before, token) and (token, after)
each gain one; no other count changes. The changes are added up for each neighbouring token first
(`NEIGHBOUR`), so the table of counts is asked once for each neighbour, not for each place. Sums do
not depend on the order, so the counts are the library's, the odd ones included: a pair keeps its
count when it is merged, and `aaa` counts `aa` twice though it can be merged only once, because the
neighbours of the first `aa` are noted as they are while the second is still there.

**Every pair has a list of its places.** The symbols' pairs get theirs before the first merge
(`pair_kernel.py`), new pairs when the merge that makes them is done. Places are slots (see
`slots.py`), which never move. A list is never changed: when it is used, a place where the pair does
not stand any more is skipped. It is complete, because a new pair always holds the token just made,
so all its places are made by one merge; and it is in order, since places are visited in order, so
overlapping pairs merge from left to right.

**A heap holds the candidates, with the counts they had when they were pushed.** Counts of pairs
that are waiting only fall, so a candidate whose count is still right when it comes up is the best.
One whose count has fallen goes back with what is left of it.

The exception to "one merge makes all places of a pair" is a token made twice: a merge whose text is
in the vocabulary already gives that token. Without prefix and suffix this never happens twice:
within a token's places, merges went as they would have gone had its text stood alone, so one text
is made in one way only. (A special token may be the first to have the text; then the merge does not
make the vocabulary grow.) With them it does: `##` + `##a` and the symbol `##a` are one text in a
corpus of headings. Such a token is marked as `reused`; for its pairs the words on the list are read
from end to end, as the library does for all (`gather`), and rare pairs are kept since they may
become frequent. One difference remains: the library takes a count that has become negative, which
needs such tokens and `max_token_length`, for an enormous one; here it is none.

Texts themselves stay in Python. The kernel has fingerprints, polynomials over the code points, and
asks (`TEXT_SEEN`) when it meets a fingerprint for the second time.

Counts are 64 bits wide (`alphabet.py` checks that they suffice). Nothing is allocated here: before
a merge changes anything, `shortage` makes sure that every array has room for the worst that the
merge can do, and otherwise the kernel returns and says which one to make longer. It also returns
after so many merges as it was told, so the caller can report, and can be interrupted.
"""

from typing import Any, NamedTuple

import numpy as np

from tokbench.kernels import Array, Integer, jit
from tokbench.kernels.machine import prefetch
from tokbench.training.slots import HOLE, LARGE, SENTINEL

COUNT = np.dtype([("pair", np.int64), ("count", np.int64)])
"""A place of the table of counts: `left << 32 | right` and its count; pair -1 is empty."""
CANDIDATE = np.dtype([("count", np.int64), ("pair", np.int64), ("list", np.int64)])
"""An entry of the heap: a pair, its count when it was pushed, where its list begins."""
MERGE = np.dtype(
    [("left", np.int32), ("right", np.int32), ("token", np.int32), ("count", np.int64)], align=True
)
"""A merge: left + right became token, and the pair's count at that time."""
TOKEN = np.dtype(
    [("fingerprint", np.uint64), ("power", np.uint64), ("used", np.int32), ("reused", np.int32)]
)
"""A token: its text's fingerprint, `BASE` to the power of its text's length, whether it occurs in
words, and whether it was made more than once."""
NEIGHBOUR = np.dtype(
    [("lost", np.int64), ("gained", np.int64), ("places", np.int64), ("at", np.int64)]
)
"""What a merge does to the pairs with one token on one side of its places: how much the old pair
lost, how much the new one gained and at how many places. `at` is the new pair's place in the table
of counts, then where the next of its places goes in `lists`, -1 for nowhere. All else is 0 between
merges. Token t has 2t when it stands on the left, 2t + 1 on the right."""
PLACE = np.dtype([("neighbour", np.int32), ("position", np.int32)])
"""Where a merge made a new pair, and the number of the neighbour in it."""

DONE, SLICE_OVER, TEXT_SEEN, LISTS_FULL, TABLE_FULL, HEAP_FULL, PLACES_FULL = range(7)
"""Why `merge_slice` returned."""
LISTS, PAIRS, HEAP, MERGES, TOKENS, WANTED, ANSWER, STATES = range(8)
"""The numbers in `Work.state`: how much of `lists`, `table`, `heap`, `merges` and `tokens` is in
use, the length that was wanted when an array was full, the answer to `TEXT_SEEN`."""
NO_ANSWER, NEW_TEXT = -2, -1
"""Answers to `TEXT_SEEN`; any other is the id of the token that has this text."""
AHEAD = 16
"""How many places of a pair before it gets there the kernel asks for a place's memory."""
NOT_EMPTY = np.uint64(1 << 63)
"""Set in all texts' fingerprints in the set, where 0 is an empty place. (Not the lowest bit: texts
whose last characters are neighbours, `b` and `c`, differ by little.)"""
BASE = 0x2545F4914F6CDD1D
"""Of the fingerprints; odd, so that there is a number to divide by it with."""


class Work(NamedTuple):
    """All that the kernel reads and changes; the caller replaces an array that is too short.

    Attributes:
        slots: the words, `slots.SLOT`.
        large_counts: the counts that are too large for a slot's mark, int64.
        lists: for each candidate the number of its places, then the places, int32.
        table: the counts, open addressing, a power of two of `COUNT`.
        heap: the candidates, the best first, four children to a node, `CANDIDATE`.
        merges: what was learned, in order, `MERGE`.
        tokens: by id, `TOKEN`.
        texts: a set of all fingerprints, open addressing, a power of two of uint64; 0 is empty.
        neighbours: two for each token, `NEIGHBOUR`.
        order: which neighbours a merge has met, in order, int32.
        found: the new pairs of one merge, twice as long as `places`, `PLACE`.
        places: the places that were gathered for one merge, int32.
        state: see `LISTS` and the following, int64.
    """

    slots: Array
    large_counts: Array
    lists: Array
    table: Array
    heap: Array
    merges: Array
    tokens: Array
    texts: Array
    neighbours: Array
    order: Array
    found: Array
    places: Array
    state: Array


class Settings(NamedTuple):
    """What the kernel is asked for.

    Attributes:
        vocab_size: how many tokens there may be, int64.
        min_frequency: the least count that is merged, 1 or more, int64.
        max_token_length: a new pair counts if its sides have together fewer symbols, int64.
        worth_keeping: the least count with which a new pair becomes a candidate, int64.
        prefix: the fingerprint of what the right side of a merge loses, uint64.
        unprefix: `BASE` to the power of minus its length, uint64.
    """

    vocab_size: Any
    min_frequency: Any
    max_token_length: Any
    worth_keeping: Any
    prefix: Any
    unprefix: Any


@jit
def merge_slice(work: Work, settings: Settings, most: Integer) -> Integer:
    """Merge until all is done, `most` merges are made, or something is in the way; says which.

    `work.merges` must have room for `most` more.
    """
    heap, state = work.heap, work.state
    stop = state[MERGES] + most
    while state[HEAP] > 0 and state[TOKENS] < settings.vocab_size:
        count, pair, where = heap[0].count, heap[0].pair, heap[0].list
        now = work.table[find(work.table, pair)].count
        if now != count:
            if now > 0:
                sink(heap, state[HEAP], now, pair, where)
            else:
                drop_first(heap, state)
            continue
        if count < settings.min_frequency:
            break
        if state[MERGES] == stop:
            return SLICE_OVER
        left, right = pair >> 32, pair & 0xFFFFFFFF
        source, first, number = work.lists, where + 1, np.int64(work.lists[where])
        if work.tokens[left].reused or work.tokens[right].reused:
            source, first, number = work.places, 0, gather(work, left, right, where)
            if number < 0:
                state[WANTED] = 2 * len(work.places)
                return PLACES_FULL
        why = shortage(work, number)
        if why:
            return why
        token = token_for(work, settings, left, right)
        if token < 0:
            return TEXT_SEEN
        drop_first(heap, state)
        merge = state[MERGES]
        state[MERGES] += 1
        work.merges[merge].left, work.merges[merge].right = left, right
        work.merges[merge].token, work.merges[merge].count = token, count
        touched, known = join(work, settings, left, right, token, source, first, number)
        recount(work, left, right, token, touched)
        enlist(work, settings, token, touched, known)
    return DONE


@jit
def shortage(work: Work, number: Integer) -> Integer:
    """Why a merge at `number` places might not find room for what it makes; 0 if it will."""
    state = work.state
    neighbours = 2 * min(number, state[TOKENS])
    if state[LISTS] + 2 * number + neighbours > len(work.lists):
        state[WANTED] = state[LISTS] + 2 * number + neighbours
        return LISTS_FULL
    if state[PAIRS] + 2 * neighbours > len(work.table) * 5 // 8:
        return TABLE_FULL
    if state[HEAP] + neighbours > len(work.heap):
        state[WANTED] = state[HEAP] + neighbours
        return HEAP_FULL
    if number > len(work.places):
        state[WANTED] = number
        return PLACES_FULL
    return 0


@jit
def gather(work: Work, left: Integer, right: Integer, where: Integer) -> Integer:
    """All places of a pair in the words of its list, into `places`; -1 if there is no room."""
    slots, places = work.slots, work.places
    known = 0
    last_word = np.int64(-1)
    for i in range(where + 1, where + 1 + work.lists[where]):
        position = np.int64(work.lists[i])
        while slots[position - 1].token != SENTINEL:
            position -= 1
        if position == last_word:
            continue
        last_word = position
        while slots[position].token != SENTINEL:
            following = position + length_of(slots, position)
            if slots[position].token == left and slots[following].token == right:
                if known == len(places):
                    return -1
                places[known] = position
                known += 1
            position = following
    return known


@jit
def token_for(work: Work, settings: Settings, left: Integer, right: Integer) -> Integer:
    """The token that a merge makes: a new one, or the one that was answered; -1 to ask."""
    tokens, texts, state = work.tokens, work.texts, work.state
    power = tokens[right].power * settings.unprefix  # of the right side without its prefix
    fingerprint = (
        tokens[left].fingerprint * power + tokens[right].fingerprint - settings.prefix * power
    )
    answer = state[ANSWER]
    at = find_text(texts, fingerprint)
    if texts[at] != np.uint64(0) and answer == NO_ANSWER:
        return -1
    state[ANSWER] = NO_ANSWER
    if answer >= 0:
        tokens[answer].reused |= tokens[answer].used
        tokens[answer].used = 1
        return answer
    texts[at] = fingerprint | NOT_EMPTY
    token = state[TOKENS]
    state[TOKENS] += 1
    tokens[token].fingerprint = fingerprint
    tokens[token].power = tokens[left].power * power
    tokens[token].used = 1
    tokens[token].reused = 0
    return token


@jit
def join(
    work: Work,
    settings: Settings,
    left: Integer,
    right: Integer,
    token: Integer,
    source: Array,
    first: Integer,
    number: Integer,
) -> tuple[Integer, Integer]:
    """Merge a pair at those of its places where it still stands, and note its neighbours.

    Returns:
        How many neighbours are in `order`, how many new pairs in `found`.
    """
    slots, neighbours, order, found = work.slots, work.neighbours, work.order, work.found
    touched = known = 0
    for i in range(first, first + number):
        if i + AHEAD < first + number:
            prefetch(slots, np.int64(source[i + AHEAD]))
        position = np.int64(source[i])
        if slots[position].token != left or slots[position].mark <= 0:
            continue
        middle = position + length_of(slots, position)
        if slots[middle].token != right:
            continue
        end = middle + length_of(slots, middle)
        length = end - position
        count = np.int64(slots[position].mark)
        if count >= LARGE:
            count = work.large_counts[count - LARGE]
        slots[middle - 1].token = HOLE
        slots[middle].token = HOLE
        slots[position + 1].mark = -length
        slots[end - 1].mark = -length
        slots[end - 1].token = token
        slots[position].token = token
        beside = slots[position - 1].token
        if beside >= 0:
            neighbour = 2 * beside
            if neighbours[neighbour].lost == 0:
                order[touched] = neighbour
                touched += 1
            neighbours[neighbour].lost += count
            mark = np.int64(slots[position - 1].mark)
            beside_length = -mark if mark < 0 else 1
            if beside_length + length < settings.max_token_length:
                neighbours[neighbour].gained += count
                neighbours[neighbour].places += 1
                found[known].neighbour = neighbour
                found[known].position = position - beside_length
                known += 1
        beside = slots[end].token
        if beside >= 0:
            neighbour = 2 * beside + 1
            if neighbours[neighbour].lost == 0:
                order[touched] = neighbour
                touched += 1
            neighbours[neighbour].lost += count
            if length + length_of(slots, end) < settings.max_token_length:
                neighbours[neighbour].gained += count
                neighbours[neighbour].places += 1
                found[known].neighbour = neighbour
                found[known].position = position
                known += 1
    return touched, known


@jit
def recount(work: Work, left: Integer, right: Integer, token: Integer, touched: Integer) -> None:
    """Bring the counts of all pairs that a merge touched up to date."""
    table, state, neighbours = work.table, work.state, work.neighbours
    for i in range(touched):
        neighbour = work.order[i]
        beside = np.int64(neighbour >> 1)
        pair = right << 32 | beside if neighbour & 1 else beside << 32 | left
        prefetch(table, home(table, pair))
        pair = token << 32 | beside if neighbour & 1 else beside << 32 | token
        prefetch(table, home(table, pair))
    for i in range(touched):
        neighbour = work.order[i]
        beside = np.int64(neighbour >> 1)
        if neighbours[neighbour].places > 0:
            pair = token << 32 | beside if neighbour & 1 else beside << 32 | token
            neighbours[neighbour].at = add(table, state, pair, neighbours[neighbour].gained)
    for i in range(touched):
        neighbour = work.order[i]
        beside = np.int64(neighbour >> 1)
        pair = right << 32 | beside if neighbour & 1 else beside << 32 | left
        add(table, state, pair, -neighbours[neighbour].lost)


@jit
def enlist(
    work: Work, settings: Settings, token: Integer, touched: Integer, known: Integer
) -> None:
    """Make the new pairs candidates, write the lists of their places, and forget the neighbours."""
    table, state, neighbours, lists = work.table, work.state, work.neighbours, work.lists
    itself = 2 * token  # a token made before can stand on both sides of itself: one pair, one list
    both = neighbours[itself].places > 0 and neighbours[itself + 1].places > 0
    if both:
        neighbours[itself].places += neighbours[itself + 1].places
        neighbours[itself + 1].places = 0
    for i in range(touched):
        neighbour = work.order[i]
        places, at = neighbours[neighbour].places, neighbours[neighbour].at
        neighbours[neighbour].at = -1
        if places > 0 and table[at].count >= settings.worth_keeping:
            where = state[LISTS]
            lists[where] = places
            neighbours[neighbour].at = where + 1
            push(work.heap, state[HEAP], table[at].count, table[at].pair, where)
            state[LISTS] += 1 + places
            state[HEAP] += 1
    for i in range(known):
        neighbour = work.found[i].neighbour
        if both and neighbour == itself + 1:
            neighbour = itself
        cursor = neighbours[neighbour].at
        if cursor >= 0:
            lists[cursor] = work.found[i].position
            neighbours[neighbour].at = cursor + 1
    for i in range(touched):
        neighbour = work.order[i]
        neighbours[neighbour].lost = 0
        neighbours[neighbour].gained = 0
        neighbours[neighbour].places = 0


@jit
def length_of(slots: Array, position: Integer) -> Integer:
    """How many slots the token that begins at `position` covers."""
    second = np.int64(slots[position + 1].mark)
    return -second if second < 0 else 1


@jit
def find(table: Array, pair: Integer) -> Integer:
    """Where the pair is in the table of counts, or the empty place where it belongs."""
    mask = len(table) - 1
    at = home(table, pair)
    while table[at].pair != pair and table[at].pair != -1:
        at = (at + 1) & mask
    return at


@jit
def home(table: Array, pair: Integer) -> Integer:
    """Where in the table of counts a pair is looked for first."""
    mixed = np.uint64(pair) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    return np.int64(mixed & np.uint64(len(table) - 1))


@jit
def add(table: Array, state: Array, pair: Integer, change: Integer) -> Integer:
    """Change the count of a pair, from 0 if it has none; returns where it is in the table."""
    at = find(table, pair)
    if table[at].pair < 0:
        table[at].pair = pair
        table[at].count = 0
        state[PAIRS] += 1
    table[at].count += change
    return at


@jit
def refill(old: Array, new: Array) -> None:
    """Put all counts into an empty table."""
    for i in range(len(old)):
        if old[i].pair >= 0:
            at = find(new, old[i].pair)
            new[at].pair = old[i].pair
            new[at].count = old[i].count


@jit
def find_text(texts: Array, fingerprint: Integer) -> Integer:
    """Where a fingerprint is in the set of texts, or the empty place where it belongs."""
    mask = len(texts) - 1
    key = fingerprint | NOT_EMPTY
    at = np.int64((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & mask
    while texts[at] != key and texts[at] != np.uint64(0):
        at = (at + 1) & mask
    return at


@jit
def remember(texts: Array, tokens: Array) -> None:
    """Put the texts of all tokens into the set."""
    for i in range(len(tokens)):
        texts[find_text(texts, tokens[i].fingerprint)] = tokens[i].fingerprint | NOT_EMPTY


@jit
def before(count: Integer, pair: Integer, where: Integer, heap: Array, i: Integer) -> Integer:
    """Whether a candidate comes before the heap's `i`th.

    A higher count does, else a smaller pair, else the older list: a token made twice can bring a
    pair twice, and what comes first must not depend on the order of the words.
    """
    if count != heap[i].count:
        return count > heap[i].count
    return pair < heap[i].pair or (pair == heap[i].pair and where < heap[i].list)


@jit
def push(heap: Array, size: Integer, count: Integer, pair: Integer, where: Integer) -> None:
    """Add a candidate to a heap of `size`."""
    i = size
    while i > 0:
        parent = (i - 1) >> 2
        if not before(count, pair, where, heap, parent):
            break
        heap[i] = heap[parent]
        i = parent
    heap[i].count, heap[i].pair, heap[i].list = count, pair, where


@jit
def sink(heap: Array, size: Integer, count: Integer, pair: Integer, where: Integer) -> None:
    """Put a candidate in the place of the first one of a heap of `size`."""
    i = 0
    while 4 * i + 1 < size:
        best = 4 * i + 1
        for child in range(best + 1, min(best + 4, size)):
            if before(heap[child].count, heap[child].pair, heap[child].list, heap, best):
                best = child
        if before(count, pair, where, heap, best):
            break
        heap[i] = heap[best]
        i = best
    heap[i].count, heap[i].pair, heap[i].list = count, pair, where


@jit
def drop_first(heap: Array, state: Array) -> None:
    """Take the first candidate off the heap."""
    size = state[HEAP] - 1
    state[HEAP] = size
    if size > 0:
        sink(heap, size, heap[size].count, heap[size].pair, heap[size].list)
