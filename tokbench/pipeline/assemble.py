"""From a spec and what training gave to one `tokenizers.Tokenizer`."""

from tokenizers import Tokenizer, pre_tokenizers

from tokbench.errors import TrainingError
from tokbench.pipeline import decoders, normalizers, post_processors
from tokbench.pipeline import pre_tokenizers as own_pre_tokenizers
from tokbench.pipeline.spec import PipelineSpec
from tokbench.values import Trained


def assemble(spec: PipelineSpec, trained: Trained | None = None) -> Tokenizer:
    """Build the tokenizer.

    Args:
        spec: the recipe's pipeline.
        trained: vocabulary with merges or scores. Without it, the tokenizer has an empty model and
            neither special tokens nor a post-processor: what a trainer starts from.

    Raises:
        TrainingError: a special token did not get the id that its place in the recipe says.
    """
    unk = spec.special_tokens.unk
    tokenizer = Tokenizer(spec.model.build(trained, unk.content if unk else None))
    if normalizer := normalizers.build(spec.normalizer):
        tokenizer.normalizer = normalizer
    if pre_tokenizer := own_pre_tokenizers.build(spec.pre_tokenizer):
        tokenizer.pre_tokenizer = pre_tokenizer
    chosen = spec.decoder
    if [part.type for part in chosen] == ["auto"]:
        chosen = decoders.fitting(spec.normalizer, spec.pre_tokenizer, spec.model, trained)
    if decoder := decoders.build(chosen):
        tokenizer.decoder = decoder
    if trained is not None:
        _add_tokens(tokenizer, spec)
        if post_processor := post_processors.build(
            spec.post_processor,
            tokenizer.token_to_id,
            spec.template_tokens,
            spec.special_tokens.roles(),
        ):
            tokenizer.post_processor = post_processor
    return tokenizer


def _add_tokens(tokenizer: Tokenizer, spec: PipelineSpec) -> None:
    tokenizer.add_special_tokens([token.build() for token in spec.special_tokens.tokens()])
    for expected, content in enumerate(spec.special_tokens.contents()):
        if (found := tokenizer.token_to_id(content)) != expected:
            raise TrainingError(
                f"the special token {content!r} has id {found}, expected {expected} "
                "from its place in special_tokens"
            )
    for token in spec.added_tokens:
        tokenizer.add_tokens([token.build(special=token.special)])


def byte_alphabet() -> tuple[str, ...]:
    """The 256 characters that `ByteLevel` writes bytes with, in a fixed order."""
    return tuple(sorted(pre_tokenizers.ByteLevel.alphabet()))
