"""Runs the rules over a recipe or a finished tokenizer: findings with their places.

What comments of a recipe allow is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tokbench.errors import Finding, Location, Severity
from tokbench.recipe import Edit, Recipe, as_written, dotted, told_once
from tokbench.rules.allowing import Allowed, allowances
from tokbench.rules.registry import RULES, Fault, Rule, rules_of
from tokbench.rules.samples import Sample, sample
from tokbench.rules.saved import TokenizerSubject
from tokbench.rules.settled import SETTLED
from tokbench.rules.subjects import RecipeSubject

_OF_UNLOADABLE = ("L28/tokenizer",)


@dataclass(frozen=True)
class Checked:
    """What the rules say of a recipe.

    Attributes:
        findings: by their place in the file.
        fixes: for findings that have one right answer, the changes that mend them.
        allowed: what comments silenced, with their reasons.
        idle: those of the findings that say that a comment silences nothing.
        without_text: why no rule looked at text, empty where they did.
    """

    findings: tuple[Finding, ...] = ()
    fixes: tuple[tuple[Finding, tuple[Edit, ...]], ...] = ()
    allowed: tuple[Allowed, ...] = ()
    idle: tuple[Finding, ...] = ()
    without_text: str = ""

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of one severity."""
        return tuple(one for one in self.findings if one.severity == severity)


def check(recipe: Recipe, text: Sample | None = None) -> Checked:
    """Run every rule about recipes.

    Args:
        recipe: as `recipe.load` gave it.
        text: what to check it on; None for the first documents of its own corpus.
    """
    text = sample(recipe.corpus, recipe.base) if text is None else text
    subject = RecipeSubject(recipe, text)
    ran = [one for one in rules_of("recipe") if text.texts or not one.needs_text]
    faults = [(one, fault) for one in ran for fault in one.function(subject)]
    found = [(_finding(recipe, one, fault), _fix(recipe, fault)) for one, fault in faults]
    found.sort(key=lambda pair: _order(pair[0]))
    allowed, wrong = allowances(recipe.document, known_ids())
    silent = {(one.where.file, one.line, one.rule) for one in allowed}
    kept = [(one, fix) for one, fix in found if _key(one) not in silent]
    used = {_key(one) for one, _ in found}
    judged = {one.id for one in ran if not (text.chosen and one.needs_text)}
    idle = [one for one in allowed if (one.where.file, one.line, one.rule) not in used]
    own = recipe.document.file  # what a base allows may be of use to others that extend it
    useless = tuple(_idle(one) for one in idle if one.rule in judged and one.where.file == own)
    return Checked(
        findings=tuple(sorted((*(one for one, _ in kept), *wrong, *useless), key=_order)),
        fixes=tuple((one, fix) for one, fix in kept if fix),
        allowed=tuple(one for one in allowed if one not in idle),
        idle=useless,
        without_text="" if text.texts else text.problem or "no text was read",
    )


def check_all(recipes: Sequence[Recipe], text: Sample | None = None) -> Checked:
    """Run every rule about the variants of one file; what several break is told once.

    A comment that allows something is of use if it is in one of them.

    Args:
        recipes: as `recipe.load_all` gave them.
        text: what to check them on; None for the first documents of their own corpora.
    """
    if len(recipes) == 1:
        return check(recipes[0], text)
    texts: dict[str, Sample] = {}
    each = []
    for recipe in recipes:
        key = recipe.corpus.model_dump_json()
        if text is None and key not in texts:
            texts[key] = sample(recipe.corpus, recipe.base)
        each.append(check(recipe, text or texts[key]))
    idle = set.intersection(*(set(one.idle) for one in each))
    names: dict[Finding, list[str]] = {}
    for recipe, one in zip(recipes, each, strict=True):
        for finding in one.findings:
            if finding not in one.idle or finding in idle:
                names.setdefault(finding, []).append(recipe.name)
    return Checked(
        findings=tuple(told_once(names, len(recipes), str(recipes[0].path))),
        fixes=tuple({fix: None for one in each for fix in one.fixes}),
        allowed=tuple({allowed: None for one in each for allowed in one.allowed}),
        idle=tuple(idle),
        without_text=each[0].without_text,
    )


def check_tokenizer(subject: TokenizerSubject, only: Rule | None = None) -> tuple[Finding, ...]:
    """Run the rules about finished tokenizers; findings in the order of files and rules.

    Rules that the tokenizer's own recipe silenced are left out.

    Args:
        subject: what is checked. If `tokenizers` cannot load it, rules say why where they can.
        only: this rule and no other.
    """
    if subject.problem:
        faults = [(one, fault) for one in _OF_UNLOADABLE for fault in RULES[one].function(subject)]
        found = [_of_file(subject, RULES[one], fault) for one, fault in faults]
        where = Location(str(subject.folder / "tokenizer.json"))
        message = f"tokenizers cannot load it: {subject.problem}"
        return tuple(found) or (Finding("format", "error", where, message),)
    chosen = [only] if only else rules_of("tokenizer")
    ran = [
        one
        for one in chosen
        if one.id not in subject.allowed and (subject.sample.texts or not one.needs_text)
    ]
    found = [_of_file(subject, one, fault) for one in ran for fault in one.function(subject)]
    return tuple(sorted(found, key=lambda one: (one.where.file, one.rule)))


def known_ids() -> list[str]:
    """Every row of the catalogue."""
    return sorted({one.id for _, one in RULES.items()} | set(SETTLED))


def _of_file(subject: TokenizerSubject, one: Rule, fault: Fault) -> Finding:
    place = f"{dotted(fault.path)}: " if fault.path else ""
    where = Location(str(subject.folder / fault.file))
    severity = fault.severity or one.severity
    return Finding(one.id, severity, where, f"{place}{fault.message}", fault.example)


def _finding(recipe: Recipe, one: Rule, fault: Fault) -> Finding:
    path = as_written(fault.path, recipe.document.value)
    return Finding(
        one.id,
        fault.severity or one.severity,
        recipe.document.where(path),
        f"{dotted(path)}: {fault.message}",
        fault.example,
    )


def _fix(recipe: Recipe, fault: Fault) -> tuple[Edit, ...]:
    value = recipe.document.value
    return tuple(replace(edit, path=as_written(edit.path, value)) for edit in fault.fix)


def _idle(one: Allowed) -> Finding:
    message = f"{one.rule} finds nothing in line {one.line}; remove the comment"
    return Finding("allow", "warning", one.where, message)


def _key(one: Finding) -> tuple[str, int | None, str]:
    return one.where.file, one.where.line, one.rule


def _order(one: Finding) -> tuple[str, int, int, str]:
    return one.where.file, one.where.line or 0, one.where.column or 0, one.rule
