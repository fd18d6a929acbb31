from dataclasses import asdict, replace

import pytest

from tokbench.downstream.bodies import BODIES, EMBEDDINGS, Body, Parameters, build

SMALLEST = Body(layers=1, width=16, heads=2)


def model(rows=50, seed=0, kind="classification", pad_id=0):
    return build(
        SMALLEST,
        kind,
        ("a", "b", "c"),
        rows=rows,
        pad_id=pad_id,
        max_length=16,
        seed=seed,
    )


@pytest.mark.parametrize("kind", ["classification", "tokens", "regression"])
def test_bodies_are_alike_whatever_the_vocabulary(kind):
    few, many = model(50, kind=kind), model(333, kind=kind, pad_id=7)
    other = dict(many.named_parameters())
    for name, parameter in few.named_parameters():
        if name != EMBEDDINGS:
            assert parameter.equal(other[name]), name
    assert few.get_input_embeddings().weight[8:].equal(other[EMBEDDINGS][8:50])


def test_every_parameter_has_numbers_of_its_own():
    made = [weight.detach() for weight in model().parameters() if weight.dim() == 2]
    firsts = {float(weight.flatten()[-1]) for weight in made}
    assert len(firsts) == len(made)
    assert all(float(weight.std()) == pytest.approx(0.02, rel=0.3) for weight in made)


def test_seeds_differ_and_repeat():
    one, again, other = (dict(model(seed=seed).named_parameters()) for seed in (3, 3, 4))
    name = "bert.encoder.layer.0.attention.self.query.weight"
    assert one[name].equal(again[name])
    assert not one[name].equal(other[name])


def test_the_pad_row_is_zero():
    assert model(pad_id=9).get_input_embeddings().weight[9].abs().sum() == 0


def test_parameters_are_told_apart():
    sentences, tokens = (
        Parameters.of(model(50, kind=kind)) for kind in ("classification", "tokens")
    )
    assert tokens == Parameters(sentences.body, 3 * 16 + 3, 50 * 16)
    assert sentences.head == tokens.head + 16 * 16 + 16
    assert Parameters.of(model(60)) == replace(sentences, embeddings=60 * 16)
    assert sum(asdict(tokens).values()) == model(50, kind="tokens").num_parameters()


def test_what_a_model_says_of_its_answers():
    assert model().config.id2label == {0: "a", 1: "b", 2: "c"}
    assert model(kind="regression").config.num_labels == 1
    assert model(kind="regression").config.problem_type == "regression"


def test_heads_fit_widths():
    assert all(body.width == 64 * body.heads for body in BODIES.values())
