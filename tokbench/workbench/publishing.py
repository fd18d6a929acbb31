"""A run to the Hub: collected, looked through, sent in one commit, downloaded and compared."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from tokbench import publishing
from tokbench.errors import CorpusError, PublishingError, SubjectError
from tokbench.publishing import Bundle, PublishSpec
from tokbench.publishing.proving import prove
from tokbench.publishing.remote import Hub, Remote
from tokbench.publishing.scanning import refuse_leaks
from tokbench.publishing.upload import Sent, Wish, planned, send
from tokbench.values import Progress, Published, Upload, Watch, ignore, texts
from tokbench.workbench import cards
from tokbench.workbench.plan import RUNS
from tokbench.workbench.published import Told, as_file
from tokbench.wrapping.probes import TEXTS

_TEXTS, _LENGTH = 100, 2000


@dataclass(frozen=True)
class Draft:
    """What would be published.

    Attributes:
        name: of the run's recipe.
        bundle: every file.
        card: the model card.
        upload: what becomes of each file there.
        wish: what the user asks of the upload.
        remote: what the repository held when it was looked at.
        texts: what the ids are compared on.
    """

    name: str
    bundle: Bundle
    card: str
    upload: Upload
    wish: Wish
    remote: Remote
    texts: tuple[str, ...]


def draft(
    name: str,
    wish: Wish | None = None,
    *,
    license: str | None = None,  # noqa: A002 - as the model card calls it
    export: Sequence[str] = (),
    report: bool = False,
    models: bool = False,
    runs: Path = RUNS,
    watch: Watch = ignore,
) -> Draft:
    """Everything that would be published, looked through; nothing is sent.

    What is not asked for here is as the recipe says under `publish`.

    Args:
        name: a run folder, or what else means a run.
        wish: where, and how.
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
    wish = _completed(wish or Wish(""), spec, told)
    told.refuse_errors()
    bundle, card = _collected(
        told,
        license,
        tuple(export) or spec.export,
        report=report or spec.report,
        models=models or spec.models,
    )
    refuse_leaks(bundle, told.known)
    watch(Progress("looking at the repository", 0, None, "files"))
    hub = Hub(wish.repo)
    remote = hub.look(wish.revision or "main")
    upload = planned(hub, bundle, wish, remote)
    return Draft(told.manifest["name"], bundle, card, upload, wish, remote, _texts(told))


def _completed(wish: Wish, spec: PublishSpec, told: Told) -> Wish:
    repo = wish.repo or spec.repo
    if not repo:
        raise PublishingError(
            f"{told.manifest['name']}: where to? name a repository with --repo user/name, or in "
            "the recipe: `publish: {repo: user/name}`"
        )
    version = told.manifest["tokbench"]
    message = wish.message or (
        f"{told.manifest['name']} {told.manifest['signature']}\n\nPublished by tokbench {version}"
    )
    return replace(wish, repo=repo, private=wish.private or spec.private, message=message)


def _collected(
    told: Told,
    license: str | None,  # noqa: A002 - as above
    export: Sequence[str],
    *,
    report: bool,
    models: bool,
) -> tuple[Bundle, str]:
    """All files, and the card among them."""
    card = cards.card(told.folder, license=license)
    if card.problems:
        more = f" (and {len(card.problems) - 1} more)" if len(card.problems) > 1 else ""
        raise PublishingError(f"{told.manifest['name']}: {card.problems[0]}{more}")
    files: dict[str, bytes | Path] = {
        one: (told.found.folder / one).read_bytes()
        for one in publishing.TOKENIZER
        if (told.found.folder / one).is_file()
    }
    files |= dict(cards.exports(told.folder, export)) if export else {}
    files |= dict(told.models()) if models else {}
    files |= {publishing.REPORT: told.report()} if report else {}
    files[publishing.RECIPE] = told.recipe_file().encode()
    files[publishing.CARD] = card.text.encode()
    files[publishing.FACTS] = as_file(told.facts([*files, publishing.FACTS]))
    return Bundle.of(files), card.text


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
    """Send a draft, and prove that everybody gets what was sent.

    Raises:
        PublishingError: it could not be sent, or does not come back as it was sent.
    """
    hub = Hub(made.wish.repo)
    user = hub.user()
    watch(Progress("sending", 0, None, "files"))
    sent = send(
        hub, made.bundle, made.upload, made.remote, message=made.wish.message, user=user
    )  # fmt: skip
    watch(Progress("downloading it again", 0, None, "files"))
    prove(made.wish.repo, sent.revision, sent.commit, made.bundle, made.texts)
    if made.wish.tag and made.wish.tag not in made.remote.tags:
        hub.tag(made.wish.tag, sent.commit)
    return _published(made, sent)


def _published(made: Draft, sent: Sent) -> Published:
    return Published(
        repo=made.wish.repo,
        url=sent.url,
        commit=sent.commit,
        revision=sent.revision,
        proposed=made.upload.proposed and sent.revision != made.upload.revision,
        new=sent.new,
        files=len(made.bundle.files),
        texts=len(made.texts),
        tag=made.wish.tag,
    )
