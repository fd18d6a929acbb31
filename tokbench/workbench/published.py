"""What a run tells the world: the facts and the recipe that go up, without paths of this machine.

`tokbench.json` is the run's own manifest with all that was measured; the folder that it lies in can
be measured like any other. `recipe.yaml` trains the same tokenizer where the same text lies beside
it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from tokbench import metrics, reports, rules, store
from tokbench.errors import Finding, PublishingError, RecipeError
from tokbench.publishing import PublishSpec
from tokbench.publishing.bundle import MODEL_FILES
from tokbench.publishing.places import Places, without_folders
from tokbench.publishing.scanning import Known, holds_leak
from tokbench.recipe import as_yaml, parsed_all
from tokbench.reports.downstream import json as models
from tokbench.reports.json import read as read_comparison
from tokbench.values import Comparison, Downstream, Row, Sample
from tokbench.workbench import baselines, outcomes
from tokbench.workbench.comparisons import COMPARISON, kept, with_models
from tokbench.workbench.find import Found, find, run_folder
from tokbench.workbench.plan import RUNS

FORMAT = 1
"""Of the published tokbench.json; rises when a key is taken away or means something else."""
OWN = ("comparison", "baselines", "downstream", "published", "format")
"""What the published facts hold beside the run's manifest."""
_AUTHORS_WORDS = ("corpus", "benchmark", "downstream", "publish")
"""Parts of a recipe in which paths are; in others what looks like one is a pattern."""
_HEAD = """\
# {name}, with everything written out, as it was trained.
# `tokbench run recipe.yaml` does it again where the text lies beside this file.
"""
_ROUNDS = 20


@dataclass(frozen=True)
class Told:
    """A run, and how it is told of.

    Attributes:
        folder: the run folder.
        found: its tokenizer and manifest.
        places: what paths are called where it is published.
        known: what must not be told.
    """

    folder: Path
    found: Found
    places: Places
    known: Known

    @classmethod
    def of(cls, name: str, runs: Path = RUNS) -> "Told":
        """The run that a name means.

        Raises:
            PublishingError: it is no run, or was changed since.
        """
        folder = run_folder(name, runs)
        found = find(str(folder))
        if found.manifest is None:
            raise PublishingError(f"{folder}: is damaged; `tokbench run RECIPE` makes it again")
        if store.digests(found.folder) != found.manifest["files"]:
            raise PublishingError(
                f"{found.folder}: was changed since it was made; `tokbench run RECIPE --force` "
                "makes it again"
            )
        recipe = found.manifest["recipe"]
        base = (found.folder / found.manifest["recipe_folder"]).resolve()
        said = {key: recipe.get(key) for key in _AUTHORS_WORDS}
        places = Places.of(said, base, (folder, Path.cwd()))
        given = (recipe.get("publish") or {}).get("authors", ())
        return cls(folder, found, places, Known.here(_token(), (base, folder), given))

    @property
    def manifest(self) -> dict[str, Any]:
        """As the run wrote it."""
        assert self.found.manifest is not None  # noqa: S101 - `of` looked
        return self.found.manifest

    @property
    def base(self) -> Path:
        """The folder that the recipe's paths start from."""
        return (self.found.folder / str(self.manifest["recipe_folder"])).resolve()

    @property
    def spec(self) -> PublishSpec:
        """What the recipe says about publishing."""
        return PublishSpec.model_validate(self.manifest["recipe"].get("publish") or {})

    def recipe(self) -> dict[str, Any]:
        """The recipe without paths of this machine, and without what only it has."""
        said = dict(self.manifest["recipe"])
        for key in _AUTHORS_WORDS:
            said[key] = self.places.told(said.get(key))
        said["benchmark"] = {**said["benchmark"], "baselines": self._baselines()}
        if said.get("publish"):
            said["publish"] = {**said["publish"], "sections": None}
        return said

    @cached_property
    def _there(self) -> dict[str, Found]:
        return baselines.there(self.folder, self.found)

    def _baselines(self) -> list[str]:
        """Those of the recipe's that others can have, by the names that mean them everywhere."""
        every = [(name, baselines.had(name, one, self.base)) for name, one in self._there.items()]
        return [
            name if one.kind == "tiktoken" or self._there[name].subject.commit else one.at
            for name, one in every
            if one.kind in ("hub", "tiktoken")
        ]

    def recipe_file(self) -> str:
        """The same as YAML, with comments that allow what the run's recipe allowed.

        Raises:
            PublishingError: a rule finds an error in it.
        """
        said = {key: value for key, value in self.recipe().items() if value is not None}
        text = _HEAD.format(name=said["name"]) + as_yaml(said)
        reasons = {one["rule"]: one["reason"] for one in self.manifest["allowed"]}
        (own,) = parsed_all(as_yaml(self.manifest["recipe"]), self.base / "recipe.yaml")
        sample = rules.sample(own.corpus, own.base)
        for _ in range(_ROUNDS):
            found = [one for one in self._findings(text, sample) if one.where.line]
            silent = next((one for one in found if one.rule in reasons), None)
            if silent is None:
                break
            lines = text.split("\n")
            at = (silent.where.line or 1) - 1
            indent = lines[at][: len(lines[at]) - len(lines[at].lstrip(" "))]
            reason = " ".join(reasons[silent.rule].split())
            lines.insert(at, f"{indent}# tokbench: allow {silent.rule} because {reason}")
            text = "\n".join(lines)
        errors = [one for one in found if one.severity == "error"]
        if errors:
            raise PublishingError(f"{self.manifest['name']}: {_first(errors)}")
        return text

    def _findings(self, text: str, sample: rules.Sample) -> tuple[Finding, ...]:
        """What the rules say of the recipe."""
        try:
            (recipe,) = parsed_all(text, Path("recipe.yaml"))
        except RecipeError as error:
            raise PublishingError(f"the recipe cannot be published: {error}") from error
        return rules.check(recipe, sample).findings

    def comparison(self) -> Comparison | None:
        """What the run measured, without samples that nobody else may see; None for nothing.

        Raises:
            PublishingError: it was changed since it was measured.
        """
        path = self.folder / COMPARISON
        if not path.is_file():
            return None
        if kept(self.folder) is None:
            raise PublishingError(
                f"{path}: was changed since it was measured; `tokbench run RECIPE` makes it again"
            )
        made = read_comparison(self.places.told(store.read_json(path)), str(path))
        made = replace(made, samples=self._fit(made.samples), scripts=self._fit(made.scripts))
        if made.repeat:
            made = replace(made, repeat="tokbench run recipe.yaml")
        return made

    def _fit(self, samples: tuple[Sample, ...]) -> tuple[Sample, ...]:
        return tuple(one for one in samples if not holds_leak(one.text, self.known))

    def downstream(self) -> Downstream | None:
        """What models with the tokenizer learned; None where none were trained."""
        made = outcomes.outcomes_of([self.found], [self.manifest["name"]])
        return made and without_folders(made)

    def facts(self, published: list[str]) -> dict[str, Any]:
        """What `tokbench.json` holds.

        Args:
            published: the paths of all that goes up.
        """
        comparison, downstream = self.comparison(), self.downstream()
        beside = baselines.measured(self.found, self._there, comparison) if comparison else ()
        manifest = self.places.told(
            {key: value for key, value in self.manifest.items() if key != "recipe"}
        )
        manifest["corpus"] = _without_texts(manifest["corpus"])
        return {
            "format": FORMAT,
            **manifest,
            "recipe": self.recipe(),
            "recipe_folder": ".",
            "comparison": comparison and reports.render("json", comparison),
            "baselines": [asdict(one) for one in beside],
            "downstream": downstream and _nowhere(self.places.told(models.render(downstream))),
            "published": sorted(published),
        }

    def report(self) -> bytes:
        """The page with all measurements.

        Raises:
            PublishingError: nothing was measured.
        """
        made = self.comparison()
        if made is None:
            raise PublishingError(
                f"{self.manifest['name']}: there is nothing to report, since nothing was measured; "
                "leave out the report, or hold documents out"
            )
        made = with_models(made, self.downstream())
        rows = {
            one.name: Row(one.title, one.digits, one.flattered_by_loss, one.family)
            for one in metrics.chosen(["all"])
        }
        return reports.written("report.html", made, rows)

    def models(self) -> Iterator[tuple[str, Path]]:
        """The path in the repository, and the folder, of the newest model of each task.

        Raises:
            PublishingError: none was trained, or one was changed since.
        """
        saved = outcomes.saved(self.found)
        if not saved:
            raise PublishingError(
                f"{self.manifest['name']}: no model was fine-tuned with it; `tokbench finetune "
                f"{self.folder} --task NAME` first, or leave out models"
            )
        for task, one in saved.items():
            folder = Path(one.outcome.model)
            known, there = store.read_json(folder / store.MANIFEST)["files"], store.digests(folder)
            if any(there.get(name) != digest for name, digest in known.items()):
                raise PublishingError(
                    f"{folder}: was changed since it was trained; `tokbench finetune --force` "
                    "makes it again"
                )
            for file in MODEL_FILES:
                if file in known:
                    yield f"models/{task}/{file}", folder / file

    def refuse_errors(self) -> None:
        """Raise where a rule finds an error in the tokenizer.

        Raises:
            PublishingError: the first, and how many there are.
        """
        subject = rules.TokenizerSubject.read(self.found.folder)
        errors = [one for one in rules.check_tokenizer(subject) if one.severity == "error"]
        if errors:
            raise PublishingError(f"{self.manifest['name']}: {_first(errors)}")


def _token() -> str | None:
    """That of the login, to be looked for in what goes up."""
    from huggingface_hub import get_token  # noqa: PLC0415 - only to publish

    return get_token()


def _first(errors: list[Finding]) -> str:
    more = f" (and {len(errors) - 1} more errors)" if len(errors) > 1 else ""
    first = f"{errors[0].rule}: {errors[0].message}"
    return f"{first}{more}; mend it and run again, or allow it with a reason in the recipe"


def _without_texts(corpus: dict[str, Any]) -> dict[str, Any]:
    """What is known of the corpus, without the documents that steps gave as examples."""

    def bare(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**one, "examples": []} for one in steps]

    said = {**corpus}
    if "sources" in said:
        said["sources"] = [
            {**one, "steps": bare(one["steps"])} if "steps" in one else one
            for one in said["sources"]
        ]
    if "together" in said:
        said["together"] = bare(said["together"])
    return said


def _nowhere(plain: dict[str, Any]) -> dict[str, Any]:
    """Models without the folders that they lie in here."""
    for task in plain["tasks"]:
        for result in task["results"]:
            if result["outcome"]:
                result["outcome"]["model"] = ""
    return plain


def as_file(facts: Mapping[str, Any]) -> bytes:
    """Facts as a JSON file."""
    return (json.dumps(store.finite(facts), ensure_ascii=False, indent=2) + "\n").encode()
