"""A run to the Hub: collected, looked through, sent in one commit, downloaded and compared."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from tokbench.errors import CorpusError, PublishingError, StoreError, SubjectError
from tokbench.publishing import REPO, PublishSpec, links
from tokbench.publishing.bundle import CARD, FACTS, RECIPE, REPORT, TOKENIZER_FILES, Bundle
from tokbench.publishing.proving import prove
from tokbench.publishing.remote import MAIN, Hub, Remote
from tokbench.publishing.scanning import refuse_leaks
from tokbench.publishing.upload import Wish, planned, send
from tokbench.values import Progress, Published, Upload, Watch, ignore, texts
from tokbench.workbench import cards
from tokbench.workbench.baselines import note_origin
from tokbench.workbench.plan import RUNS
from tokbench.workbench.published import Told, as_file
from tokbench.wrapping.probes import TEXTS

_TEXTS, _LENGTH = 100, 2000


@dataclass(frozen=True)
class Collected:
    """A run as it goes up, looked through.

    Attributes:
        name: of the run's recipe.
        folder: the run folder.
        bundle: every file.
        card: the model card.
        spec: what the recipe says about publishing.
        message: of the commit, where the user says none.
        texts: what the ids are compared on.
    """

    name: str
    folder: Path
    bundle: Bundle
    card: str
    spec: PublishSpec
    message: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Draft:
    """What would be published.

    Attributes:
        collected: every file.
        upload: what becomes of each file there.
        wish: what the user asks of the upload.
        remote: what the repository held when it was looked at.
    """

    collected: Collected
    upload: Upload
    wish: Wish
    remote: Remote


def collect(
    name: str,
    repo: str = "",
    *,
    license: str | None = None,  # noqa: A002 - as the model card calls it
    export: Sequence[str] = (),
    report: bool = False,
    models: bool = False,
    runs: Path = RUNS,
    watch: Watch = ignore,
) -> Collected:
    """Everything that would go up; nothing is sent, and nobody asked.

    What is not asked for here is as the recipe says under `publish`.

    Args:
        name: a run folder, or what else means a run.
        repo: where it goes, which the card says; empty for what the recipe says.
        license: of the tokenizer.
        export: formats of other libraries.
        report: whether the page with all measurements goes up.
        models: whether fine-tuned models do.
        runs: the folder of run folders.
        watch: told what is being done.

    Raises:
        PublishingError: something keeps it from being published.
    """
    watch(Progress("collecting", 0, None, "files"))
    told = Told.of(name, runs)
    spec = told.spec
    own = told.manifest["name"]
    repo = repo or spec.repo or ""
    if not repo:
        raise PublishingError(
            f"{own}: where to? name a repository with --repo user/name, or in the recipe: "
            "`publish: {repo: user/name}`"
        )
    if not re.fullmatch(REPO, repo):
        raise PublishingError(f"{repo}: is no name of a repository; write user/name")
    told.refuse_errors()
    formats = tuple(export) or spec.export
    card = cards.card(told.folder, license=license, repo=repo, export=formats, models=models)
    if card.problems:
        more = f" (and {len(card.problems) - 1} more)" if len(card.problems) > 1 else ""
        raise PublishingError(f"{card.problems[0]}{more}")
    files: dict[str, bytes | Path] = {
        one: (told.found.folder / one).read_bytes()
        for one in TOKENIZER_FILES
        if (told.found.folder / one).is_file()
    }
    if formats:
        files |= dict(cards.exports(told.folder, formats))
    if models or spec.models:
        files |= dict(told.models())
    if report or spec.report:
        files[REPORT] = told.report()
    files[RECIPE] = told.recipe_file().encode()
    files[CARD] = card.text.encode()
    files[FACTS] = as_file(told.facts([*files, FACTS]))
    bundle = Bundle.of(files)
    refuse_leaks(bundle, told.known)
    message = (
        f"{own} {told.manifest['signature']}\n\nPublished by tokbench {told.manifest['tokbench']}"
    )
    return Collected(
        own,
        told.folder,
        bundle,
        card.text,
        spec.model_copy(update={"repo": repo}),
        message,
        _texts(told),
    )


def log_in(repo: str | None) -> str:
    """Who the login stands for, before anything else is done.

    Raises:
        PublishingError: nobody is logged in, or the token may not write.
    """
    return Hub(repo or "the Hub").user()


def plan(made: Collected, wish: Wish | None = None, watch: Watch = ignore) -> Draft:
    """What would become of each file of the repository, which is asked for what it holds.

    Raises:
        PublishingError: the Hub cannot be asked, or the repository is not as the wish needs it, or
            has not what the card links to.
    """
    wish = wish or Wish("")
    wish = replace(
        wish,
        repo=made.spec.repo or "",
        private=wish.private or made.spec.private,
        message=wish.message or made.message,
    )
    watch(Progress("looking at the repository", 0, None, "files"))
    hub = Hub(wish.repo)
    remote = hub.look(wish.revision or MAIN)
    missing = set(links.files(made.card)) - {*made.bundle.paths, *remote.files}
    if missing:
        raise PublishingError(
            f"{wish.repo}: the card links to {min(missing)}, which neither goes up nor is "
            "there: write the whole address, or put it into the repository first"
        )
    return Draft(made, planned(hub, made.bundle, wish, remote), wish, remote)


def _texts(told: Told) -> tuple[str, ...]:
    """Texts to compare ids on: ours, and the first held-out documents where they are here."""
    found: list[str] = []
    try:
        batches = told.found.corpus().batches("held_out")
        documents = (text for batch in batches for text in texts(batch))
        found = [text[:_LENGTH] for text in islice(documents, _TEXTS)]
    except (CorpusError, SubjectError):
        pass  # ours are left
    return (*TEXTS, *found)


def publish(made: Draft, watch: Watch = ignore) -> Published:
    """Send what was planned, and prove that everybody gets what was sent.

    Raises:
        PublishingError: it could not be sent, or does not come back as it was sent.
    """
    wish, bundle, texts = made.wish, made.collected.bundle, made.collected.texts
    hub = Hub(wish.repo)
    user = hub.user()
    watch(Progress("sending", 0, None, "files"))
    sent = send(hub, bundle, made.upload, made.remote, message=wish.message, user=user)
    watch(Progress("downloading it again", 0, None, "files"))
    prove(wish.repo, sent.revision, sent.commit, bundle, texts)
    if wish.tag and wish.tag not in made.remote.tags:
        hub.tag(wish.tag, sent.commit)
    if not made.upload.proposed:
        there = Remote(wish.repo, private=made.upload.private, commit=sent.commit)
        with suppress(StoreError):  # a folder that nobody may write to
            note_origin(made.collected.folder, there)
    return Published(
        repo=wish.repo,
        url=sent.url,
        commit=sent.commit,
        revision=sent.revision,
        proposed=made.upload.proposed,
        new=sent.new,
        files=len(bundle.files),
        texts=len(texts),
        tag=wish.tag,
    )
