"""What the entries of the vocabulary are worth: unreachable, broken, unused, injectable ones."""

from tokbench.metrics.registry import NotApplicable, Value, metric
from tokbench.values import Encoded, Some

_NOBODY_LOOKED = NotApplicable("the entries of the vocabulary were not looked at")


@metric(
    "unreachable_tokens",
    title="unreachable entries",
    unit="entries",
    better="lower",
    order=46,
    digits=0,
    needs="entries",
)
def unreachable_tokens(encoded: Encoded) -> Value | NotApplicable:
    """Entries that no text was found to produce, special tokens aside (Land & Bartolo 2024).

    The detail says how many of them are proven to be unreachable: for the rest no witness was found
    among bare and prefixed texts, words that hold them, and the measured text.

    >>> from dataclasses import replace
    >>> from tokbench.values import Entries
    >>> none = Some(0)
    >>> entries = Entries(8, 1, Some(1, ("ab",)), Some(1, ("##x",)), none, 0, none, none)
    >>> found = unreachable_tokens(replace(Encoded.of(["a"], [["a"]]), entries=entries))
    >>> found.value, found.detail["share"], found.detail["no_witness_found"]
    (2.0, 0.25, ['##x'])
    """
    entries = encoded.entries
    if entries is None:
        return _NOBODY_LOOKED
    count = entries.unreachable.count + entries.unwitnessed.count
    return Value(
        float(count),
        {
            "share": count / max(1, entries.ordinary),
            "proven": entries.unreachable.count,
            "unreachable": list(entries.unreachable.examples),
            "no_witness_found": list(entries.unwitnessed.examples),
        },
    )


@metric(
    "not_utf8_entries",
    title="entries not UTF-8",
    unit="entries/entry",
    better="lower",
    order=47,
    digits=4,
    needs="entries",
)
def not_utf8_entries(encoded: Encoded) -> Value | NotApplicable:
    """Share of entries whose bytes are not valid UTF-8, special tokens aside.

    The 128 single bytes above ASCII of a byte-level vocabulary are such; more than those are
    fragments of characters.

    >>> from dataclasses import replace
    >>> from tokbench.values import Entries
    >>> none = Some(0)
    >>> entries = Entries(8, 1, none, none, Some(2, ("e2", "e2 80")), 1, none, none)
    >>> found = not_utf8_entries(replace(Encoded.of(["a"], [["a"]]), entries=entries))
    >>> found.value, found.detail["fragments"]
    (0.25, 1)
    """
    entries = encoded.entries
    if entries is None:
        return _NOBODY_LOOKED
    return _share(entries.not_utf8, entries.ordinary, fragments=entries.fragments)


@metric(
    "unused_entries",
    title="entries never used",
    unit="entries/entry",
    better="lower",
    order=48,
    needs="entries",
)
def unused_entries(encoded: Encoded) -> Value | NotApplicable:
    """Share of entries that the text never produced, special tokens aside.

    On the training text these are entries that nothing will be learned about.

    >>> from dataclasses import replace
    >>> from tokbench.values import Entries
    >>> none = Some(0)
    >>> entries = Entries(4, 0, none, none, none, 0, Some(1, ("low",)), none)
    >>> unused_entries(replace(Encoded.of(["a"], [["a"]]), entries=entries)).value
    0.25
    """
    entries = encoded.entries
    if entries is None:
        return _NOBODY_LOOKED
    return _share(entries.unused, entries.ordinary, bytes=int(encoded.documents.bytes.sum()))


@metric(
    "injectable_tokens",
    title="injectable tokens",
    unit="tokens",
    better="lower",
    order=49,
    digits=0,
    needs="entries",
)
def injectable_tokens(encoded: Encoded) -> Value | NotApplicable:
    """Special tokens that a text becomes which spells them: documents could forge them.

    >>> from dataclasses import replace
    >>> from tokbench.values import Entries
    >>> none = Some(0)
    >>> entries = Entries(4, 2, none, none, none, 0, none, Some(1, ("<s>",)))
    >>> injectable_tokens(replace(Encoded.of(["a"], [["a"]]), entries=entries)).value
    1.0
    """
    entries = encoded.entries
    if entries is None:
        return _NOBODY_LOOKED
    found = entries.injectable
    detail = {"special": entries.special, "tokens": list(found.examples)}
    return Value(float(found.count), detail)


def _share(found: Some, of: int, **detail: int) -> Value:
    shown = {"count": found.count, "examples": list(found.examples)}
    return Value(found.count / max(1, of), {**shown, **detail})
