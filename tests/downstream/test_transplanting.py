"""Which rows of a table another tokenizer's tokens get, and that its own keeps all of them."""

import json

import pytest
from few_lines import LINES
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from tokbench.downstream.transplanting import framing, reading
from tokbench.downstream.transplanting.plan import Side, plan
from tokbench.downstream.transplanting.roles import roles
from tokbench.spelling import Meaning, Spelling

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def bert(*pieces: str) -> Tokenizer:
    every = dict.fromkeys([*WORDS, *pieces, *"qlowernstigh,.0", *(f"##{c}" for c in "qlowernst,")])
    made = Tokenizer(models.WordPiece({one: n for n, one in enumerate(every)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    made.add_special_tokens(WORDS)
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return made


def trained(kind: str) -> Tokenizer:
    if kind == "bytes":
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
        letters = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=420, initial_alphabet=letters, show_progress=False, special_tokens=["</s>"]
        )
    elif kind == "unigram":
        made = Tokenizer(models.Unigram())
        made.normalizer = normalizers.NFKC()
        made.pre_tokenizer = pre_tokenizers.Metaspace()
        made.decoder = decoders.Metaspace()
        trainer = trainers.UnigramTrainer(
            vocab_size=150, show_progress=False, unk_token="<unk>", special_tokens=["<unk>", "</s>"]
        )
    elif kind == "suffix":
        made = Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token="<unk>"))
        made.pre_tokenizer = pre_tokenizers.Whitespace()
        made.decoder = decoders.BPEDecoder("</w>")
        trainer = trainers.BpeTrainer(
            vocab_size=300,
            end_of_word_suffix="</w>",
            show_progress=False,
            special_tokens=["<unk>"],
        )
    else:
        made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        made.normalizer = normalizers.BertNormalizer()
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(
            vocab_size=300, show_progress=False, special_tokens=WORDS
        )
    made.train_from_iterator(LINES * 3, trainer)
    return made


def side(tokenizer: Tokenizer) -> Side:
    return Side(tokenizer, roles(tokenizer, {}))


def found(old: Tokenizer, new: Tokenizer, table: int = 10**6) -> dict[str, tuple[str, list[str]]]:
    made = plan(side(old), side(new), table)
    return {
        new.id_to_token(n): (why, [old.id_to_token(one) for one in ids])
        for n, (why, ids) in made.rows.items()
    }


@pytest.mark.parametrize("kind", ["bytes", "unigram", "suffix", "words"])
def test_a_tokenizer_keeps_its_own_table(kind):
    tokenizer = trained(kind)
    made = plan(side(tokenizer), side(Tokenizer.from_str(tokenizer.to_str())), 10**6)
    assert made.identical
    assert made.size == tokenizer.get_vocab_size()
    assert {why for why, _ in made.rows.values()} == {"special", "kept"}


@given(st.sets(st.text("lowernstigh,", min_size=1, max_size=5)), st.booleans())
def test_any_word_pieces_keep_their_own(pieces, inside):
    tokenizer = bert(*(f"##{one}" if inside else one for one in pieces))
    assert plan(side(tokenizer), side(tokenizer), 10**6).identical


@pytest.mark.parametrize("old", ["bytes", "unigram", "suffix", "words"])
@pytest.mark.parametrize("new", ["bytes", "unigram", "suffix", "words"])
def test_what_is_kept_means_the_same(old, new):
    one, other = side(trained(old)), side(trained(new))
    made = plan(one, other, 10**6)
    kept = [(number, ids[0]) for number, (why, ids) in made.rows.items() if why == "kept"]
    assert len(kept) > 40
    for number, before in kept:
        assert one.meanings[before].text == other.meanings[number].text
    assert len(made.rows) == other.tokenizer.get_vocab_size()


def test_tokens_are_compared_by_where_they_are_written():
    letters = pre_tokenizers.ByteLevel.alphabet()
    every = dict.fromkeys([*letters, "Ġl", "lo", "low", "Ġlo", "Ġlow", "er", "Ġnew", "LO", "Ġne"])
    merges = [("Ġ", "l"), ("l", "o"), ("lo", "w"), ("Ġl", "o"), ("Ġlo", "w"), ("e", "r")]
    merges += [("L", "O"), ("Ġ", "n"), ("Ġn", "e"), ("Ġne", "w")]
    every |= dict.fromkeys(["Ġn"])
    new = Tokenizer(models.BPE({one: n for n, one in enumerate(every)}, merges))
    new.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    new.decoder = decoders.ByteLevel()
    made = found(bert("low", "##low", "##er", "ne", "##w"), new)
    assert made["Ġlow"] == ("kept", ["low"])
    assert made["low"] == ("kept", ["##low"])
    assert made["er"] == ("kept", ["##er"])
    assert made["Ġnew"] == ("pieces", ["ne", "##w"])
    assert made["LO"] == ("pieces", ["##l", "##o"])
    assert made[","] == ("kept", [","])  # not "##,", which is there and never written
    assert made["Ċ"] == ("otherwise", [])
    assert made["ì"] == ("otherwise", [])


def test_parts_of_characters_come_from_bytes():
    old = json.loads(trained("unigram").to_str())
    fallback = [[f"<0x{byte:02X}>", -20.0] for byte in range(256)]
    old["model"]["vocab"] += fallback
    old["model"]["byte_fallback"] = True
    made = found(Tokenizer.from_str(json.dumps(old)), trained("bytes"))
    assert made["ì"] == ("kept", ["<0xEC>"])
    parts = {token for token, (why, ids) in made.items() if why == "pieces" and "<0xEC>" in ids}
    assert parts  # such as two bytes of a Korean syllable


def test_special_tokens_are_found_by_their_roles():
    new = Tokenizer(models.WordLevel({"<unk>": 0, "low": 1, "<extra>": 2}, unk_token="<unk>"))
    new.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    new.add_special_tokens(["<s>", "</s>", "<pad>", "<extra>"])
    made = found(bert("low"), new)
    assert made["<s>"] == ("special", ["[CLS]"])
    assert made["</s>"] == ("special", ["[SEP]"])
    assert made["<pad>"] == ("special", ["[PAD]"])
    assert made["<unk>"] == ("special", ["[UNK]"])
    assert made["<extra>"] == ("otherwise", [])
    assert made["low"] == ("kept", ["low"])


def test_tokens_beyond_the_table_are_unknown():
    tokenizer = bert("low")
    made = plan(side(tokenizer), side(tokenizer), 10)
    assert not made.identical
    assert all(one < 10 for _, ids in made.rows.values() for one in ids)
    assert made.rows[11] == ("otherwise", ())


def test_spellings():
    state = {"model": {"type": "BPE", "byte_fallback": True}, "decoder": {"type": "Metaspace"}}
    spelling = Spelling(state | {"decoder": {"type": "Metaspace", "replacement": "▁"}})
    assert spelling.meaning("▁low▁er") == Meaning(b"low er", begins=True)
    assert spelling.meaning("<0xE2>") == Meaning(b"\xe2", begins=False)
    assert spelling.meaning("<0xE2>").string is None
    suffixed = Spelling({"model": {"type": "BPE", "end_of_word_suffix": "</w>"}})
    assert suffixed.meaning("low</w>") == Meaning(b"low", None, ends=True)
    assert suffixed.meaning("low") == Meaning(b"low", None, ends=False)


def test_a_text_that_joins_with_every_letter_is_read_alone():
    one = Tokenizer(models.WordLevel({"low": 0, "[UNK]": 1}, unk_token="[UNK]"))
    one.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    assert reading.read(one, ["low"], [reading.Place(spaced=False)]) == [None]
    assert reading.read(one, ["low"], [reading.Place(spaced=True)]) == [[0]]
    assert reading.alone(one, ["low"]) == [[0]]


@pytest.mark.parametrize("kind", ["bytes", "unigram", "words"])
def test_a_tokenizer_is_framed_as_the_checkpoint_knows_it(kind):
    old, new = bert("low"), trained(kind)
    made = framing.fitted(new.to_str(), {}, old, {})
    one, two = framing.frames(made.tokenizer)
    names = {"[CLS]": made.roles["cls"], "[SEP]": made.roles["sep"]}
    assert one == tuple((a, names.get(b, ""), c) for a, b, c in framing.frame(old, "low"))
    assert [kind for _, _, kind in two] == [0, 0, 0, 1, 1]
    for text in LINES:
        ids = new.encode(text, add_special_tokens=False).ids
        assert made.tokenizer.encode(text).ids[1:-1] == ids
    again = framing.fitted(made.tokenizer.to_str(), {}, old, {})
    assert again.notes == ()
    assert again.tokenizer.to_str() == made.tokenizer.to_str()


@pytest.mark.parametrize("kind", ["bytes", "unigram", "words"])
@pytest.mark.parametrize("wanted", [1, 7])
def test_padding_gets_the_id_that_positions_are_counted_from(kind, wanted):
    old, new = bert("low"), trained(kind)
    plain = framing.fitted(new.to_str(), {}, old, {}).tokenizer
    made = framing.fitted(new.to_str(), {}, old, {}, pad_id=wanted)
    pad, other = made.roles["pad"], plain.id_to_token(wanted)
    assert made.tokenizer.token_to_id(pad) == wanted
    assert made.tokenizer.get_vocab_size() == plain.get_vocab_size()
    swap = {wanted: plain.token_to_id(pad), plain.token_to_id(pad): wanted}
    assert made.tokenizer.token_to_id(other) == swap[wanted]
    for text in (*LINES, f"a {pad} b"):
        for pair in (None, "low"):
            ids = [swap.get(one, one) for one in plain.encode(text, pair).ids]
            assert made.tokenizer.encode(text, pair).ids == ids


def test_decoders_have_no_frame():
    old = trained("bytes")
    made = framing.fitted(bert("low").to_str(), {}, old, {})
    assert made.tokenizer.encode("low").tokens == ["low"]
    assert made.roles["eos"] == "[SEP]"
    assert "a text is given as A" in made.notes[0]
