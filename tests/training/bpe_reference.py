"""BPE training as plainly as it can be written: no slots, no lists, no fingerprints.

It does what `BpeTrainer` does step by step, words read from end to end and sets of words for
places, with three rules of ours: symbols with a prefix or suffix get ids in sorted order, a pair
whose count is below 1 is never merged, and of two candidates for one pair the older one comes
first. With prefix and suffix the library has no fixed answer, so
there this is the oracle, after tests have shown that without them it gives the library's.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise

Pair = tuple[int, int]


def learn(
    words: Mapping[str, int],
    *,
    vocab_size: int,
    min_frequency: int = 0,
    special_tokens: Sequence[str] = (),
    limit_alphabet: int | None = None,
    initial_alphabet: Sequence[str] = (),
    continuing_subword_prefix: str = "",
    end_of_word_suffix: str = "",
    max_token_length: int | None = None,
) -> tuple[list[str], list[tuple[str, str]]]:
    prefix, suffix = continuing_subword_prefix, end_of_word_suffix
    frequency: Counter[str] = Counter()
    for word, count in words.items():
        for character in word:
            frequency[character] += count
    for entry in initial_alphabet:
        if entry:
            frequency[entry[0]] = 1 << 63
    kept = sorted(frequency, key=lambda c: (-frequency[c], c))[:limit_alphabet]
    ids: dict[str, int] = {}
    for token in (*special_tokens, *sorted(kept)):
        ids.setdefault(token, len(ids))
    spelled = {word: spell(word, ids, prefix, suffix) for word in words}
    for symbol in sorted({symbol for symbols in spelled.values() for symbol in symbols}):
        ids.setdefault(symbol, len(ids))
    tokens = list(ids)
    counts = list(words.values())
    rows = [[(ids[symbol], 1) for symbol in spelled[word]] for word in words]

    pair_counts: Counter[Pair] = Counter()
    places: defaultdict[Pair, set[int]] = defaultdict(set)
    for i, row in enumerate(rows):
        for (left, _), (right, _) in pairwise(row):
            pair_counts[left, right] += counts[i]
            places[left, right].add(i)
    queue = [(-pair_counts[pair], pair, 0, found) for pair, found in places.items()]
    heapify(queue)
    limit = float("inf") if max_token_length is None else max_token_length
    merges: dict[tuple[str, str], None] = {}
    made = 0
    while queue and len(tokens) < vocab_size:
        count, pair, since, found = heappop(queue)
        left, right = pair
        if -count != pair_counts[pair]:
            if pair_counts[pair] > 0:
                heappush(queue, (-pair_counts[pair], pair, since, found))
            continue
        if -count < max(1, min_frequency):
            break
        text = tokens[left] + tokens[right].removeprefix(prefix)
        if text not in ids:
            ids[text] = len(tokens)
            tokens.append(text)
        pair_of_texts = (tokens[left], tokens[right])
        made += 1
        merges.pop(pair_of_texts, None)
        merges[pair_of_texts] = None
        places = defaultdict(set)
        for i in sorted(found):
            for pair, change in merge(rows[i], left, right, ids[text], limit):
                pair_counts[pair] += change * counts[i]
                if change > 0:
                    places[pair].add(i)
        for pair, where in places.items():
            if pair_counts[pair] > 0:
                heappush(queue, (-pair_counts[pair], pair, made, where))
    return tokens, list(merges)


def spell(word: str, ids: Mapping[str, int], prefix: str, suffix: str) -> list[str]:
    last = len(word) - 1
    return [
        (prefix if i else "") + character + (suffix if i == last else "")
        for i, character in enumerate(word)
        if character in ids
    ]


def merge(
    row: list[tuple[int, int]], left: int, right: int, token: int, limit: float
) -> list[tuple[Pair, int]]:
    changes = []
    i = 0
    while i < len(row) - 1:
        if (row[i][0], row[i + 1][0]) == (left, right):
            length = row[i][1] + row[i + 1][1]
            row[i : i + 2] = [(token, length)]
            if i > 0:
                before, its_length = row[i - 1]
                changes.append(((before, left), -1))
                if its_length + length < limit:
                    changes.append(((before, token), 1))
            if i < len(row) - 1:
                after, its_length = row[i + 1]
                changes.append(((right, after), -1))
                if its_length + length < limit:
                    changes.append(((token, after), 1))
        i += 1
    return changes
