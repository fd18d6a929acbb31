"""Models side by side as a LaTeX table (booktabs)."""

from tokbench.reports.downstream import facts
from tokbench.reports.downstream.facts import Line
from tokbench.reports.downstream.scale import Scale, scale, units
from tokbench.reports.latex import comment, escaped
from tokbench.values import Downstream, Score, TaskResult

_MARKS = {"": "{}", "best": r"\textbf{{{}}}", "clearly best": r"\textbf{{{}}}\rlap{{$^\ast$}}"}
_SIGN = "$\\approx$"


def render(made: Downstream) -> str:
    """A table with a line for each task, and for each a second one with differences.

    Needs `booktabs`, and XeLaTeX or LuaLaTeX where names are not in Latin letters.
    """
    baseline = made.tokenizers[made.baseline]
    rivals = list(dict.fromkeys(name for task in made.tasks for name in task.rivals))
    parts = [
        "% \\usepackage{booktabs}",
        *(f"% {comment(said)}" for said in (made.signature, made.repeat) if said),
        "\\begin{table}",
        "\\centering",
        f"\\begin{{tabular}}{{l{'r' * (len(made.tokenizers) + len(rivals))}}}",
        "\\toprule",
        " & ".join(["", *map(escaped, [*made.tokenizers, *rivals])]) + " \\\\",
        "\\midrule",
    ]
    for task in made.tasks:
        parts += _lines(made, task, rivals)
    parts += [
        "\\bottomrule",
        "\\end{tabular}",
        (
            "\\caption{Models that differ in the tokenizer alone "
            f"({escaped(facts.alike(made))}): means over seeds in {units(made.tasks)}, with "
            "half of the 95\\% interval over seeds. Bold: best; $^\\ast$: a difference to "
            f"every other is seen; {_SIGN}: no difference to {escaped(baseline)} is seen; below, "
            "differences to it with 95\\% intervals over seeds and test examples.}"
        ),
        "\\end{table}",
        "",
    ]
    return "\n".join(parts)


def _lines(made: Downstream, task: TaskResult, rivals: list[str]) -> list[str]:
    models = facts.lines(made, task)
    found = [one.score for one in models]
    title = escaped(f"{task.task}, {facts.title(task)}")
    known = dict(facts.rivals(task))
    said = scale(task)
    numbers = [said.number(known[name]) if name in known else "" for name in rivals]
    lines = [" & ".join([title, *(_value(one, said) for one in models), *numbers]) + " \\\\"]
    gaps = [_gap(one, said) for one in found]
    if any(gaps):
        lines.append(" & ".join(["", *gaps, *[""] * len(rivals)]) + " \\\\")
    return lines


def _value(line: Line, said: Scale) -> str:
    score = line.score
    if score is None:
        return "--"
    shown = _MARKS[score.best].format(said.number(score.value))
    if line.diverged:
        shown += " (diverged)"
    half = said.half(score).replace("±", "$\\pm$")
    return f"{shown} {{\\scriptsize {half}}}" if half else shown


def _gap(score: Score | None, scale: Scale) -> str:
    if score is None or score.gap is None:
        return ""
    sign = "" if score.gap.seen else f"{_SIGN} "
    return f"{{\\scriptsize {sign}{scale.gap(score)}}}"
