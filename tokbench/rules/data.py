"""The text itself: what cannot be read, what is read too often."""

from collections import Counter

from tokbench.rules.registry import Fault, rule
from tokbench.rules.subjects import RecipeSubject, shown

_SHORT = 20
_MANY = 0.1
_FEW = 20
_LONG = 500_000


@rule(
    "L55",
    severity="error",
    title="text that cannot be read",
    broken="corpus: {sources: [{type: files, paths: [no-such-file.txt]}]}",
    mended="corpus: {sources: [python_docs]}",
    text=(),
    shows="nothing",
)
def unreadable(subject: RecipeSubject) -> list[Fault]:
    """Null, text that is not UTF-8, a column or a file that is not there.

    The document and the field are named. Nothing is skipped and nothing is replaced: a corpus that
    loses rows in silence is not the corpus that the card describes.
    """
    sample = subject.sample
    if not sample.problem:
        return []
    return [Fault(("corpus", "sources", sample.source), sample.problem)]


@rule(
    "L63",
    severity="warning",
    title="copies, and documents without end",
    broken="model: BPE",
    mended=(
        "model: BPE\n"
        "corpus: {sources: [python_docs]}  # tokbench: allow L63 because logs repeat themselves"
    ),
    text=tuple(
        f"all rights reserved {number if number % 3 else 0}, the lower sea" for number in range(30)
    ),
    shows="nothing",
    needs_text=True,
)
def copies(subject: RecipeSubject) -> list[Fault]:
    """The vocabulary belongs to what is repeated: footers, licences, mirrored pages.

    Told where a tenth of the sampled documents are copies of others, or where a document is so long
    that it can only be many in one.
    """
    texts = subject.sample.texts
    counted = Counter(text for text in texts if len(text) >= _SHORT)
    repeated = sum(count - 1 for count in counted.values())
    path = ("corpus", "sources")
    found = []
    if len(texts) >= _FEW and repeated >= _MANY * len(texts):
        text, count = counted.most_common(1)[0]
        message = (
            f"{repeated} of {len(texts)} sampled documents are copies, and the vocabulary learns "
            "what is repeated; remove copies from the text"
        )
        found.append(Fault(path, message, f"{count} times {shown(text)}"))
    longest = max(texts, key=len, default="")
    if len(longest) >= _LONG:
        message = (
            f"a document has {len(longest):,} characters or more, and is held in memory and proven "
            "as one; cut it, for example with sample_by: paragraph"
        )
        found.append(Fault(path, message, shown(longest)))
    return found
