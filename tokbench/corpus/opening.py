"""From a spec to a stream: `open` looks at the sources, `OpenCorpus` reads them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, count, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokbench.corpus.cleaned import Cleaned
from tokbench.corpus.ledgers import Ledger
from tokbench.corpus.mixing.doses import WHOLE, Dose
from tokbench.corpus.rows import texts_of
from tokbench.fingerprint import Fingerprint
from tokbench.store import signature
from tokbench.values import Composition, Split, Watch, ignore

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from tokbench.corpus.cleaning.step import StepSpec
    from tokbench.corpus.mixing.choosing import Terms
    from tokbench.corpus.mixing.doses import Mixed
    from tokbench.corpus.sharding import Slice
    from tokbench.corpus.source import SourceSpec
    from tokbench.corpus.spec import CorpusSpec

__all__ = ["Ledger", "OpenCorpus", "open"]


@dataclass(frozen=True)
class OpenCorpus:
    """A `values.Corpus`: the documents of all sources, streamed afresh by every `batches`.

    Attributes:
        spec: what the recipe said.
        opened: the sources in the order of the spec, with their steps.
        together: the steps that the documents of all sources go through one after the other.
        dosed: how often the documents of each source come, where that is known; else it is found
            out by reading what must be measured for it, once.
    """

    spec: "CorpusSpec"
    opened: "tuple[Cleaned, ...]"
    together: "tuple[StepSpec, ...]" = ()
    dosed: tuple[Dose, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """A name for each source, as users see it."""
        return tuple(source.name for source in self.opened)

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of all groups that a source carries."""
        return tuple(dict.fromkeys(name for source in self.opened for name in source.groups))

    @property
    def held_out(self) -> float:
        """The largest share of a source's documents that training never sees, by hash."""
        return max(source.held_out for source in self.opened)

    @property
    def size(self) -> int:
        """Bytes that a whole read consumes, as they lie on disk."""
        return sum(source.size for source in self.opened)

    @property
    def origins(self) -> "list[dict[str, Any]]":
        """Of each source what it says of where it comes from beside its spec, as `origin`."""
        return [dict(getattr(source.source, "origin", {})) for source in self.opened]

    def parts(self) -> "tuple[OpenCorpus, ...]":
        """Each source as a corpus of its own, in order; all as one where steps are joint."""
        if self.together:
            return (self,)
        doses = self.doses()
        return tuple(
            replace(self, opened=(source,), dosed=(dose,))
            for source, dose in zip(self.opened, doses, strict=True)
        )

    def alone(self, number: int) -> "OpenCorpus":
        """One source as a corpus of its own, each document once."""
        return replace(self, opened=(self.opened[number],), dosed=(WHOLE,))

    def unmixed(self) -> "OpenCorpus":
        """The same sources, each document once: for whoever looks and would measure for nothing."""
        return replace(self, dosed=(WHOLE,) * len(self.opened))

    def doses(self, watch: Watch = ignore) -> tuple[Dose, ...]:
        """How often the documents of each source come in training."""
        return self.dosed or self.mixed(watch).doses

    def shard(self, number: int, of: int) -> "tuple[Slice, ...]":
        """What a shard, counted from 1, has of each source, of those of which it has something.

        Raises:
            CorpusError: the corpus cannot be read in shards.
        """
        from tokbench.corpus import sharding  # noqa: PLC0415 - pyarrow takes 0.15 s to import

        return sharding.slices(self, number, of)

    def prepare(self, watch: Watch = ignore) -> None:
        """Measure what must be known of the sources before they can be read for training."""
        self.doses(watch)

    def mixed(self, watch: Watch = ignore) -> "Mixed":
        """What each source is to give, from its size: found once, by reading where need be."""
        if "mixed" not in self._found:
            from tokbench.corpus.mixing.measuring import mixed  # noqa: PLC0415 - numpy is slow to import

            self._found["mixed"] = mixed(self, watch)
        return self._found["mixed"]

    @cached_property
    def _found(self) -> "dict[str, Mixed]":
        """What was found by measuring; travels with the corpus."""
        return {}

    def terms(self, watch: Watch = ignore) -> "tuple[Terms, ...]":
        """On which terms the documents of each source come."""
        from tokbench.corpus.mixing.choosing import Terms  # noqa: PLC0415 - pyarrow is slow to import

        doses = zip(self.opened, self.doses(watch), strict=True)
        return tuple(Terms(source.held_out, dose) for source, dose in doses)

    def batches(
        self,
        split: Split = "train",
        watch: Watch = ignore,
        columns: Sequence[str] = (),
        ledger: Ledger | None = None,
        *,
        groups: bool = False,
    ) -> "Iterator[pa.RecordBatch]":
        """The documents of one split in the order of the sources, some megabytes a batch.

        Where sources are mixed, documents of training may come several times, or not at all.

        Args:
            split: which documents.
            watch: told after each batch, and at the end of each source, how many bytes on disk
                were consumed and how many documents of the split came out of them.
            columns: what is wanted of each row beside the columns `text` and `source`.
            ledger: filled while reading with what there was and what each step did, both splits
                together.
            groups: whether a string column for each of `groups` is wanted, null where a source
                does not say.

        Raises:
            CorpusError: a file cannot be read, or holds something that is not text.
        """
        from tokbench.corpus import reading  # noqa: PLC0415 - pyarrow takes 0.15 s to import

        pass_ = reading.Reading(self, split, watch, columns, ledger or Ledger(), groups=groups)
        return (batch for batch, _ in pass_.batches())

    def resumed(
        self, split: Split, place: Any, watch: Watch = ignore
    ) -> "Iterator[tuple[pa.RecordBatch, Any]]":
        """The same, from where another pass stopped.

        Args:
            split: which documents.
            place: what that pass gave with its last batch; None begins at the beginning.
            watch: as for `batches`.

        Yields:
            A batch; with it a function that gives the place behind it, JSON-able, or None where
            none can be named: between several copies of the same documents.
        """
        from tokbench.corpus import reading  # noqa: PLC0415 - pyarrow takes 0.15 s to import

        return reading.Reading(self, split, watch, start=place).batches()

    def composition(self) -> Composition:
        """What each source is and, where that was noted when it was read, what it gave."""
        from tokbench.corpus import composing  # noqa: PLC0415 - pyarrow takes 0.15 s to import

        return composing.composition(self)

    def spread(
        self, split: Split = "train"
    ) -> "Iterator[tuple[pa.RecordBatch, tuple[int, int, float]]]":
        """The documents of one split in batches from all over, for whoever stops early.

        Yields:
            A batch; with it the number of the file it comes from, the file's bytes on disk, and the
            share of them that was consumed.

        Raises:
            CorpusError: a file cannot be read.
        """
        from tokbench.corpus import sampling  # noqa: PLC0415 - as above

        return sampling.spread(self, split)

    def fingerprint(self, split: Split = "all", watch: Watch = ignore) -> Fingerprint:
        """What the documents of a split are known by, from a full pass over them."""
        print_ = Fingerprint()
        for batch in self.batches(split, watch):
            print_.update(texts_of(batch))
        return print_

    def identity(self) -> str:
        """Changes whenever reading could give other documents; moving the files changes nothing.

        Made from the contents of the files and the options that matter; nothing is parsed.
        """
        return signature(self.said([source.source_identity() for source in self.opened]))

    def said(self, read: Sequence[Any]) -> dict[str, Any]:
        """What the identity is made of, where this is known of each source without its steps."""
        known = zip(self.opened, read, strict=True)
        said: dict[str, Any] = {
            "held_out": [source.held_out for source in self.opened],
            "sources": [source.said(one) for source, one in known],
        }
        if self.together:
            said["together"] = [step.identity() for step in self.together]
        if self.dosed:
            if any(dose != WHOLE for dose in self.dosed):
                said["doses"] = [self.spec.seed, *self.dosed]
        elif self.spec.mixing or any(one.at_most is not None for one in self.opened):
            mix = self.spec.mixing
            said["mix"] = mix and [mix.model_dump(mode="json"), self._wishes()]
            said["at_most"] = [self.spec.seed, *(one.at_most for one in self.opened)]
        return said

    def _wishes(self) -> list[Any]:
        """What the sources say about their shares."""
        over = (self.spec.mix and self.spec.mix.over) or ""
        return [[one.weight, one.groups.get(over)] for one in self.opened]


def open(spec: "CorpusSpec", base: Path) -> OpenCorpus:  # noqa: A001 - called as corpus.open
    """Look at every source of `spec` without reading it.

    Args:
        spec: what the recipe says.
        base: the folder that relative paths are relative to.

    Raises:
        CorpusError: something is missing, or cannot be read as asked.
    """
    alone = tuple(takewhile(lambda step: not step.joint, spec.steps))
    opened = [_cleaned(each, spec, alone, base) for each in spec.sources]
    names = _told_apart([each.called for each in spec.sources], [each.name for each in opened])
    named = tuple(replace(one, name=name) for one, name in zip(opened, names, strict=True))
    return OpenCorpus(spec, named, spec.steps[len(alone) :])


def _told_apart(given: Sequence[str | None], names: Sequence[str]) -> list[str]:
    """The names of sources, numbered where several are the same and were not given.

    >>> _told_apart([None, None, "b"], ["a", "a", "b"])
    ['a', 'a (2)', 'b']
    """
    taken = {one for one in given if one is not None}
    told = []
    for own, name in zip(given, names, strict=True):
        numbered = (f"{name} ({number})" for number in count(2))
        one = own or next(each for each in chain((name,), numbered) if each not in taken)
        taken.add(one)
        told.append(one)
    return told


def _cleaned(
    each: "SourceSpec", spec: "CorpusSpec", steps: "tuple[StepSpec, ...]", base: Path
) -> Cleaned:
    source = each.open(base)
    return Cleaned(
        source,
        source.name,
        (*each.steps, *steps),
        spec.held_out if each.held_out is None else each.held_out,
        each.weight,
        each.at_most,
        each.groups,
    )
