"""The folder that AutoTokenizer loads."""

from tokbench.recipe import Remove
from tokbench.rules.registry import Fault, rule
from tokbench.rules.subjects import RecipeSubject

_UNIGRAM = (
    'pre_tokenizer: Metaspace\nmodel: Unigram\nspecial_tokens: {unk: "<unk>"}\n'
    "trainer: {vocab_size: 64}\n"
)


@rule(
    "L64",
    severity="error",
    title="model_max_length is not set",
    broken="wrap: {padding_side: left}",
    mended="wrap: {padding_side: left, model_max_length: 512}",
    probe="low lower " * 600,
    shows="wrapped",
)
def truncates_nothing(subject: RecipeSubject) -> list[Fault]:
    """Without model_max_length, truncation=True does nothing, silently.

    transformers then takes the limit for infinite: texts reach the model whole, and it fails on the
    first that is longer than its positions, or reads positions that it never learned.
    """
    if subject.recipe.wrap.model_max_length is not None:
        return []
    message = (
        "is not set, so truncation=True silently does nothing; write the positions of the model, "
        "for example 512"
    )
    return [Fault(("wrap", "model_max_length"), message)]


@rule(
    "L68",
    severity="warning",
    title="clean_up_tokenization_spaces eats spaces",
    broken=_UNIGRAM + "wrap: {model_max_length: 512, clean_up_tokenization_spaces: true}",
    mended=_UNIGRAM + "wrap: {model_max_length: 512}",
    text=("low . lower !", "she sells . the sea shells !", "the low sea . low", "lower shells !"),
    probe="low . lower !",
    shows="wrapped",
)
def eats_spaces(subject: RecipeSubject) -> list[Fault]:
    """clean_up_tokenization_spaces was made for BERT's WordPiece.

    It deletes spaces before punctuation from every decoded text. A BPE or Unigram keeps its spaces
    itself, so those that are deleted were in the text; for BPE, transformers 5 ignores it with a
    warning at every load.
    """
    if not subject.recipe.wrap.clean_up_tokenization_spaces:
        return []
    if subject.recipe.model.type in ("WordPiece", "WordLevel"):
        return []
    path = ("wrap", "clean_up_tokenization_spaces")
    message = (
        f"deletes spaces that the text had from what is decoded: {subject.recipe.model.type} keeps "
        "its spaces itself; leave it out"
    )
    return [Fault(path, message, fix=(Remove(path),))]
