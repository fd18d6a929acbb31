"""What is put around texts: pairs, type ids, the beginning of a text twice."""

import re

from tokbench.pipeline.post_processors import Piece, TemplateProcessing
from tokbench.rules.registry import Fault, rule
from tokbench.rules.subjects import RecipeSubject

_TOKENS = 'special_tokens: {cls: "[CLS]", sep: "[SEP]"}\n'
_PAIR = '"[CLS] $A [SEP] $B:1 [SEP]:1"'
_BOS = (
    'special_tokens: {bos: "<s>"}\n'
    'post_processor: {type: TemplateProcessing, single: "<s> $A", pair: "<s> $A <s> $B:1"}\n'
)


@rule(
    "L44",
    severity="error",
    title="pairs without special tokens or type ids",
    broken=(
        _TOKENS + "post_processor:\n  type: TemplateProcessing\n" + '  single: "[CLS] $A [SEP]"\n'
    ),
    mended=(
        _TOKENS + "post_processor:\n  type: TemplateProcessing\n"
        f'  single: "[CLS] $A [SEP]"\n  pair: {_PAIR}\n'
    ),
    shows="pair",
)
def pairs_are_bare(subject: RecipeSubject) -> list[Fault]:
    """A template for `single` says nothing about pairs.

    Without `pair`, two texts are put one after the other with no special token between them. A
    pair without `:1` gives both texts the type id 0, and special tokens cls and sep without any
    post_processor are never put anywhere: both are warnings.
    """
    recipe = subject.recipe
    roles = recipe.special_tokens.roles()
    if not recipe.post_processor and {"cls", "sep"} <= roles.keys():
        message = (
            "there is none, so nothing puts the tokens cls and sep around texts; add "
            f'{{type: TemplateProcessing, single: "{roles["cls"]} $A {roles["sep"]}", pair: ...}}'
        )
        return [Fault(("post_processor",), message, severity="warning")]
    found = []
    for position, part in enumerate(recipe.post_processor):
        if not isinstance(part, TemplateProcessing):
            continue
        single = part.pieces("single", recipe.template_tokens)
        pair = part.pieces("pair", recipe.template_tokens)
        path = ("post_processor", position, "pair")
        if _special(single) and not _special(pair):
            message = (
                "single puts special tokens around a text and pair does not, so nothing parts two "
                f'texts; write, for example, pair: "{" ".join((*part.single, *_second(part)))}"'
            )
            found.append(Fault(path, message, f"A, B -> {' '.join(part.pair)}"))
        elif "token_type_ids" in recipe.wrap.model_input_names and not any(
            piece.type_id for piece in pair
        ):
            message = (
                "both texts get the type id 0; write $B:1, or leave token_type_ids out of "
                "wrap.model_input_names"
            )
            found.append(Fault(path, message, f"A, B -> {' '.join(part.pair)}", severity="warning"))
    return found


def _special(pieces: list[Piece]) -> bool:
    return any(piece.token is not None for piece in pieces)


def _second(part: TemplateProcessing) -> list[str]:
    """What follows the first text in a pair: `$B:1 [SEP]:1`."""
    tail = list(part.single)
    start = next(i for i, text in enumerate(tail) if text.startswith("$"))
    ends = [re.sub(r":\d+$", "", text) for text in tail[start + 1 :]]
    return ["$B:1", *(f"{text}:1" for text in ends)]


@rule(
    "L45",
    severity="warning",
    title="the beginning of a text is marked twice",
    broken=_BOS
    + 'wrap: {model_max_length: 512, chat_template: "{{ bos_token }}{{ messages[0].content }}"}',
    mended=_BOS + 'wrap: {model_max_length: 512, chat_template: "{{ messages[0].content }}"}',
    shows="wrapped",
)
def two_beginnings(subject: RecipeSubject) -> list[Fault]:
    """A chat template and a post-processor that both add the beginning-of-text token.

    Text from `apply_chat_template(tokenize=False)` begins with the token; tokenizing it adds the
    token again, and a model sees a beginning that it never saw in training.
    """
    recipe = subject.recipe
    template, bos = recipe.wrap.chat_template, recipe.special_tokens.roles().get("bos")
    if not template or bos is None or not ("bos_token" in template or bos in template):
        return []
    for part in recipe.post_processor:
        if isinstance(part, TemplateProcessing):
            first = part.pieces("single", recipe.template_tokens)[0]
            if first.token == bos:
                message = (
                    f"begins with {bos!r}, which the post_processor adds too: rendered text that "
                    "is tokenized has it twice; leave it out of one"
                )
                return [Fault(("wrap", "chat_template"), message)]
    return []
