"""What a rule is, and where rules are found.

A rule is a generator of faults with a docstring that explains it, decorated with `@rule(...)`. It
carries the recipe that breaks it and the mended one, or, if it is about finished tokenizers, the
damage that breaks a small one: tests check both, and `tokbench rule L08` trains both to show the
harm.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from tokbench.errors import Severity, UnknownNameError, nearest
from tokbench.recipe import Edit, KeyPath
from tokbench.registry import Registry
from tokbench.rules.saved_examples import Damage

About = Literal["recipe", "tokenizer"]
Shows = Literal["round trip", "words", "pair", "vocabulary", "twice", "wrapped", "nothing"]

PLAIN = (
    "low lower lowest newer wider",
    "the lower shelf is wider than the newest one",
    "she sells sea shells by the low sea shore",
    "the shells she sells are the newest sea shells",
    "a quick fox jumps over the lazy dog at the shore",
    "the lazy dog sleeps lower than the quick fox",
)
"""Text on which only rules about the recipe itself find something."""


@dataclass(frozen=True)
class Fault:
    """One thing that a rule found.

    Attributes:
        path: keys and list positions from the top of the recipe to the value to blame.
        message: what is wrong, why it hurts, what to write instead; one sentence.
        example: what the harm looks like: the text that is lost, what becomes of it.
        fix: the changes that mend it; only where there is one right answer.
        severity: where it is not the rule's own.
        file: of a finished tokenizer, the file that `path` is in.
    """

    path: KeyPath
    message: str
    example: str = ""
    fix: tuple[Edit, ...] = ()
    severity: Severity | None = None
    file: str = "tokenizer.json"


Check = Callable[[Any], Iterable[Fault]]


@dataclass(frozen=True)
class Rule:
    """A rule as it is registered.

    Attributes:
        id: its row of the catalogue ("L08").
        severity: of its faults, where they do not say another.
        title: a few words.
        family: the module it stands in.
        about: what kind of subject `function` takes.
        function: from the subject to its faults.
        broken: a recipe's sections that break it; the rest is `examples.BASE`.
        mended: the same sections without the fault.
        text: the documents that the two are checked on and, for the demonstration, trained on.
        probe: what the demonstration encodes.
        shows: what the demonstration shows of the two tokenizers.
        times: how often the demonstration repeats the text, as a real corpus would.
        needs_text: whether it says nothing without a sample of the corpus.
        like: of a rule about finished tokenizers, the small tokenizer to break
            (`saved_examples.SMALL`).
        damage: what breaks it.
    """

    id: str
    severity: Severity
    title: str
    family: str
    about: About
    function: Check
    broken: str
    mended: str
    text: tuple[str, ...]
    probe: str
    shows: Shows
    times: int
    needs_text: bool
    like: str = ""
    damage: Damage | None = None

    @property
    def explanation(self) -> str:
        """The docstring of the function, a line for each paragraph."""
        paragraphs = (self.function.__doc__ or "").strip().split("\n\n")
        return "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


RULES: Registry[Rule] = Registry("rule", "tokbench.rules")
"""Rules about recipes by their id; those about finished tokenizers as `L08/tokenizer`."""


def rule(
    id: str,  # noqa: A002 - what the catalogue calls it
    *,
    severity: Severity,
    title: str,
    about: About = "recipe",
    broken: str = "",
    mended: str = "",
    text: tuple[str, ...] = PLAIN,
    probe: str = "low lower",
    shows: Shows = "round trip",
    times: int = 20,
    needs_text: bool = False,
    like: str = "",
    damage: Damage | None = None,
) -> Callable[[Check], Check]:
    """Register the decorated function as a rule and leave it as it is; see `Rule`."""

    def register(function: Check) -> Check:
        family = function.__module__.rpartition(".")[2]
        name = id if about == "recipe" else f"{id}/{about}"
        RULES.register(name)(
            Rule(
                id=id,
                severity=severity,
                title=title,
                family=family,
                about=about,
                function=function,
                broken=broken,
                mended=mended,
                text=text,
                probe=probe,
                shows=shows,
                times=times,
                needs_text=needs_text,
                like=like,
                damage=damage,
            )
        )
        return function

    return register


def rules_of(about: About) -> list[Rule]:
    """The rules for one kind of subject, by id."""
    return [one for _, one in RULES.items() if one.about == about]


def rules_named(id: str) -> list[Rule]:  # noqa: A002 - what the catalogue calls it
    """The rules of one row of the catalogue, whatever they are about; none where it has none."""
    return [one for _, one in RULES.items() if one.id == id.upper()]


def unknown(id: str, also: Iterable[str] = ()) -> UnknownNameError:  # noqa: A002 - likewise
    """The error that a rule's id is not known."""
    known = sorted({one.id for _, one in RULES.items()} | set(also))
    return UnknownNameError(f"unknown rule {id!r}: {nearest(id, known, limit=8)}")
