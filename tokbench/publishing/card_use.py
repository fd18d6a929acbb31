"""How to load a tokenizer and get its result again: blocks of code, each with what it prints."""

import json
from collections.abc import Iterator

from tokbench.publishing.bundle import FACTS, RECIPE
from tokbench.publishing.facts import Export, Facts, Model
from tokbench.publishing.markup import block, code, listed, plain
from tokbench.values import TaskKind

CHAT = ({"role": "user", "content": "Hello!"}, {"role": "assistant", "content": "Hi."})
"""A conversation to show a template by."""


def section(facts: Facts) -> Iterator[str]:
    """Loading, encoding, batches, chats, and other libraries."""
    yield "## How to use it"
    yield ""
    yield "With `transformers`, 4 or 5:"
    yield ""
    yield from block("python", _first(facts))
    if facts.example.lengths:
        yield f"Several texts at once, {_padded(facts)}:"
        yield ""
        yield from block("python", _batch(facts))
    if facts.example.chat:
        yield "It brings a chat template:"
        yield ""
        yield from block("python", _chat(facts))
    yield "With `tokenizers` alone:"
    yield ""
    yield from block("python", _alone(facts))
    for one in facts.exports:
        yield from _export(facts, one)
    for model in facts.models:
        yield f"The model that was fine-tuned with it on {code(model.task)} is in it, too:"
        yield ""
        yield from block("python", _model(facts, model))


def _first(facts: Facts) -> Iterator[str]:
    example = facts.example
    yield "from transformers import AutoTokenizer"
    yield ""
    yield f"tokenizer = AutoTokenizer.from_pretrained({_quoted(facts.repo)})"
    yield f'ids = tokenizer({_quoted(example.text)})["input_ids"]'
    yield "print(ids)"
    yield f"# {list(example.ids)}"
    if facts.byte_level:
        yield "print([tokenizer.decode([one]) for one in ids])"
    else:
        yield "print(tokenizer.convert_ids_to_tokens(ids))"
    yield f"# {list(example.tokens)}"
    if example.decoded is not None:
        yield "print(repr(tokenizer.decode(ids, skip_special_tokens=True)))"
        yield f"# {example.decoded!r}"


def _padded(facts: Facts) -> str:
    return f"padded at the {facts.wrap['padding_side']} with {code(facts.special_tokens['pad'])}"


def _batch(facts: Facts) -> Iterator[str]:
    text = facts.example.text
    lengths = facts.example.lengths or (0, 0)
    yield f"batch = tokenizer([{_quoted(text)}, {_quoted(text.split()[0])}], padding=True)"
    yield 'print([len(ids) for ids in batch["input_ids"]])'
    yield f"# {[max(lengths)] * 2}"
    yield 'print([sum(mask) for mask in batch["attention_mask"]])'
    yield f"# {list(lengths)}"


def _chat(facts: Facts) -> Iterator[str]:
    yield "chat = ["
    yield from (f"    {json.dumps(one)}," for one in CHAT)
    yield "]"
    yield "print(repr(tokenizer.apply_chat_template(chat, tokenize=False)))"
    yield f"# {facts.example.chat!r}"


def _alone(facts: Facts) -> Iterator[str]:
    yield "from huggingface_hub import hf_hub_download"
    yield "from tokenizers import Tokenizer"
    yield ""
    yield f'file = hf_hub_download({_quoted(facts.repo)}, "tokenizer.json")'
    yield "tokenizer = Tokenizer.from_file(file)"
    yield f"print(tokenizer.encode({_quoted(facts.example.text)}).ids)"
    yield f"# {list(facts.example.ids)}"


def _export(facts: Facts, one: Export) -> Iterator[str]:
    title, lines = {
        "tiktoken": ("With `tiktoken`", _tiktoken),
        "sentencepiece": ("With `sentencepiece`", _sentencepiece),
    }[one.format]
    yield (
        f"{title}, which gives the same ids without special tokens (proven on all of the held-out "
        "text):"
    )
    yield ""
    yield from block("python", lines(facts, one))
    for said in one.differs:
        yield f"- {plain(said)}."
    if one.differs:
        yield ""


def _quoted(text: str) -> str:
    """A string of Python in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _same(facts: Facts) -> str:
    return f"# {list(facts.example.plain_ids)}"


def _tiktoken(facts: Facts, one: Export) -> Iterator[str]:
    ranks, settings = one.files
    yield "import json"
    yield ""
    yield "from huggingface_hub import hf_hub_download"
    yield "from tiktoken import Encoding"
    yield "from tiktoken.load import load_tiktoken_bpe"
    yield ""
    yield f"said = hf_hub_download({_quoted(facts.repo)}, {_quoted(settings)})"
    yield 'with open(said, encoding="utf-8") as file:'
    yield "    settings = json.load(file)"
    yield f"ranks = load_tiktoken_bpe(hf_hub_download({_quoted(facts.repo)}, {_quoted(ranks)}))"
    yield "encoding = Encoding("
    yield '    name=settings["name"],'
    yield '    pat_str=settings["pat_str"],'
    yield "    mergeable_ranks=ranks,"
    yield '    special_tokens=settings["special_tokens"],'
    yield ")"
    yield f"print(encoding.encode_ordinary({_quoted(facts.example.text)}))"
    yield _same(facts)


def _sentencepiece(facts: Facts, one: Export) -> Iterator[str]:
    (model,) = one.files
    yield "from huggingface_hub import hf_hub_download"
    yield "from sentencepiece import SentencePieceProcessor"
    yield ""
    yield f"model = hf_hub_download({_quoted(facts.repo)}, {_quoted(model)})"
    yield "processor = SentencePieceProcessor(model_file=model)"
    yield f"print(processor.encode({_quoted(facts.example.text)}))"
    yield _same(facts)


_PIPELINES: dict[TaskKind, str] = {
    "classification": "text-classification",
    "regression": "text-classification",
    "tokens": "token-classification",
    "causal_lm": "text-generation",
    "masked_lm": "fill-mask",
}
"""What transformers has a pipeline for; models that write a text for a text have none any more."""


def _model(facts: Facts, one: Model) -> Iterator[str]:
    place = f"models/{one.task}"
    text = _quoted(facts.example.text)
    named = _PIPELINES.get(one.kind)
    if named:
        yield "from huggingface_hub import snapshot_download"
        yield "from transformers import pipeline"
        yield ""
        yield f'folder = snapshot_download({_quoted(facts.repo)}, allow_patterns="{place}/*")'
        yield f'model = pipeline("{named}", f"{{folder}}/{place}")'
        if one.pair:
            yield f'answer = model({{"text": {text}, "text_pair": {text}}})'
        elif one.kind == "masked_lm":
            yield f"answer = model({text} + model.tokenizer.mask_token)"
        else:
            yield f"answer = model({text})"
        return
    yield "from transformers import AutoModelForSeq2SeqLM, AutoTokenizer"
    yield ""
    for name, kind in (("writer", "AutoModelForSeq2SeqLM"), ("reader", "AutoTokenizer")):
        yield f'{name} = {kind}.from_pretrained({_quoted(facts.repo)}, subfolder="{place}")'
    yield f'read = reader({text}, return_tensors="pt").input_ids'
    yield "answer = reader.decode(writer.generate(read)[0], skip_special_tokens=True)"


def reproduce(facts: Facts) -> Iterator[str]:
    """Versions, and the commands that train it again."""
    yield "## How to get the same result"
    yield ""
    tools = {name: one for name, one in facts.versions.items() if name != "python"}
    pinned = " ".join(f"{name}=={one}" for name, one in tools.items())
    yield from block("bash", [f"pip install {pinned}", f"tokbench pull {facts.repo} --retrain"])
    same = facts.determinism
    promise = (
        "and says whether it is byte for byte the one here"
        if same.identical
        else "and says how far it is from the one here"
    )
    local = listed([plain(one.name) for one in facts.sources if one.local])
    yield (
        "The first command installs what it was made with; the second fetches recipe and "
        f"measurements from here, trains again {promise}."
        + (
            f" It needs the same files: {local} lay on the authors' machine. {code('--data DIR')} "
            "names the folder with yours, and the fingerprint below tells whether they are the "
            "same."
            if local
            else " All of its sources can be read from where they were read then."
        )
    )
    yield ""
    python = facts.versions.get("python")
    made = [f"{plain(name)} {plain(one)}" for name, one in tools.items()]
    made += [f"Python {plain(python)}"] if python else []
    proof = facts.proof
    yield f"- **Made with** {listed(made)}."
    yield (
        f"- **Proven** in a fresh process: it loads through `AutoTokenizer` to the same ids, "
        f"offsets and type ids on {proof.probes} probes, {proof.texts} documents and "
        f"{proof.pairs} pairs."
    )
    known = f"fingerprint, whatever the order of its documents: {code(facts.fingerprint)}"
    known = known if facts.fingerprint else "fingerprint is not known: it was counted elsewhere"
    yield (
        f"- **Signature** {code(facts.signature)}: of recipe, text and versions. The text's own "
        f"{known}."
    )
    yield (
        f"- **Recipe**: [{RECIPE}]({RECIPE}), with all defaults written out. **All that was "
        f"measured**: [{FACTS}]({FACTS})."
    )
    yield ""


def citation(facts: Facts) -> Iterator[str]:
    """BibTeX."""
    yield "## Citation"
    yield ""
    key = "".join(one for one in facts.name if one.isalnum() or one in "-_")
    authors = " and ".join(facts.authors) or facts.repo.split("/", maxsplit=1)[0]
    fields = {
        "title": f"{{{_tex(facts.name)}: a tokenizer}}",
        "author": _tex(authors),
        "year": str(facts.year),
        "howpublished": f"\\url{{https://huggingface.co/{facts.repo}}}",
        "note": f"Signature {facts.signature}, made with tokbench {facts.versions['tokbench']}",
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    yield from block("bibtex", [f"@misc{{{key},", *lines, "}"])


def _tex(text: str) -> str:
    """Text in which TeX sees no markup."""
    return "".join(f"\\{one}" if one in "&%$#_{}" else one for one in text)
