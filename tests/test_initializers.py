"""The initialisers as names and arguments; what they draw is tested in tests/weights/test_streams.py."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from deferinit_cli import initializers
from deferinit_cli.initializers import Initializer, constant, known, make, normal, uniform, zeros
from deferinit_cli.problems import Problem


def test_every_initialiser_of_the_language_is_there() -> None:
    names = """zeros ones constant uniform normal truncated_normal glorot_uniform glorot_normal he_uniform he_normal
        lecun_uniform lecun_normal variance_scaling orthogonal identity dirac sparse bilinear sinusoidal torch_default"""
    assert set(known()) == set(names.split())
    for name, rule in known().items():
        assert getattr(initializers, name).name == name
        assert rule.doc.strip().endswith(".")


def test_numpy_is_not_imported() -> None:
    code = "import sys; from deferinit_cli.initializers import make; make('normal', 1); sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "name, value, text",
    [
        ("zeros", None, "zeros"),
        ("zeros", {}, "zeros"),
        ("normal", None, "normal"),
        ("normal", 0.02, "normal(std=0.02)"),
        ("normal", {"std": 0.02, "mean": 0}, "normal(std=0.02)"),
        ("normal", {"mean": -1, "std": 1}, "normal(std=1, mean=-1)"),
        ("normal", 0.01, "normal"),
        ("constant", 3, "constant(value=3)"),
        ("constant", 0, "constant(value=0)"),
        ("uniform", {"low": 0, "high": 1e-7}, "uniform(low=0, high=1e-07)"),
        ("he_normal", {"mode": "fan_out"}, "he_normal(mode=fan_out)"),
        ("he_normal", {"mode": "fan_in"}, "he_normal"),
        (
            "variance_scaling",
            {"distribution": "uniform", "scale": 2},
            "variance_scaling(scale=2, distribution=uniform)",
        ),
        ("dirac", 2, "dirac(groups=2)"),
        ("sparse", 1, "sparse(sparsity=1)"),
        ("orthogonal", 1 / 3, "orthogonal(gain=0.3333333333333333)"),
    ],
)
def test_make(name: str, value: object, text: str) -> None:
    assert make(name, value).text() == text


@pytest.mark.parametrize(
    "name, value, rule, blame, says",
    [
        ("zeroes", None, "unknown-initializer", "zeroes", "did you mean 'zeros'?"),
        ("xavier_uniform", None, "unknown-initializer", "xavier_uniform", "'xavier_uniform' is 'glorot_uniform' here"),
        ("xavier_uniform_", None, "unknown-initializer", "xavier_uniform_", "did you mean 'glorot_uniform'?"),
        ("kaiming_normal", None, "unknown-initializer", "kaiming_normal", "'kaiming_normal' is 'he_normal' here"),
        ("RandomNormal", None, "unknown-initializer", "RandomNormal", "did you mean 'normal'?"),
        ("GlorotUniform", None, "unknown-initializer", "GlorotUniform", "did you mean 'glorot_uniform'?"),
        ("nn.init.trunc_normal_", 1, "unknown-initializer", "nn.init.trunc_normal_", "did you mean 'truncated_normal'?"),
        ("eye", None, "unknown-initializer", "eye", "'eye' is 'identity' here"),
        ("qqq", None, "unknown-initializer", "qqq", "the initialisers are zeros, ones"),
        ("normal", {"stddev": 1}, "unknown-argument", "stddev", "did you mean 'std'?"),
        ("normal", {"avg": 1}, "unknown-argument", "avg", "normal takes std, mean"),
        ("zeros", {"std": 1}, "unknown-argument", "std", "zeros takes no arguments"),
        ("normal", {3: 1}, "unknown-argument", "3", "normal takes"),
        ("zeros", 1, "bad-argument", "zeros", "nothing"),
        ("constant", None, "bad-argument", "value", "a finite number"),
        ("normal", -1, "bad-argument", "std", "a number >= 0"),
        ("normal", "big", "bad-argument", "std", "a number >= 0"),
        ("normal", True, "bad-argument", "std", "a number >= 0"),
        ("normal", [1, 2], "bad-argument", "std", "a number >= 0"),
        ("normal", {"std": None}, "bad-argument", "std", "cannot be null"),
        ("normal", float("nan"), "bad-argument", "std", "a number >= 0"),
        ("constant", float("inf"), "bad-argument", "value", "a finite number"),
        ("constant", 10**400, "bad-argument", "value", "a finite number"),
        ("sparse", 1.5, "bad-argument", "sparsity", "a number from 0 to 1"),
        ("sparse", -0.5, "bad-argument", "sparsity", "a number from 0 to 1"),
        ("dirac", 0, "bad-argument", "groups", "an int >= 1"),
        ("dirac", 1.5, "bad-argument", "groups", "an int >= 1"),
        ("he_normal", {"mode": "fan_avg"}, "bad-argument", "mode", "one of fan_in, fan_out"),
        ("he_normal", {"mode": 1}, "bad-argument", "mode", "one of fan_in, fan_out"),
        ("variance_scaling", {"scale": -1}, "bad-argument", "scale", "a number >= 0"),
        ("uniform", {"low": 0}, "bad-argument", "low", "give both"),
        ("uniform", {"high": 0}, "bad-argument", "high", "give both"),
        ("uniform", {"low": 1, "high": 0}, "bad-argument", "low", "low 1, high 0"),
        ("uniform", {"scale": 1, "low": 0, "high": 1}, "bad-argument", "scale", "low: -s, high: s"),
    ],
)
def test_wrong_ones_are_told(name: str, value: object, rule: str, blame: str, says: str) -> None:
    with pytest.raises(Problem) as caught:
        make(name, value)
    problem = caught.value
    assert (problem.rule, problem.blame) == (rule, blame)
    assert says in " ".join([problem.message, problem.found, problem.expected, problem.help])


def test_names_serve_as_defaults_and_as_factories() -> None:
    assert isinstance(zeros, Initializer)
    assert normal(1.0) == normal(std=1) == make("normal", 1)
    assert normal(0.01) == normal and hash(normal(0.01)) == hash(normal)
    assert normal(1.0) != normal and normal != zeros and normal != "normal"
    assert len({normal(1.0), make("normal", 1), uniform, uniform(0.07), constant(1)}) == 3
    assert pickle.loads(pickle.dumps(normal(2.0))) == normal(2.0)
    with pytest.raises(Problem, match="no more than 2"):
        normal(1, 2, 3)


@pytest.mark.parametrize(
    "made, shape, dtype, rule",
    [
        (make("orthogonal"), (3,), "float32", "initializer-rank"),
        (make("identity"), (3, 3, 3), "float32", "initializer-rank"),
        (make("dirac"), (3, 3), "float32", "initializer-rank"),
        (make("dirac"), (1,) * 6, "float32", "initializer-rank"),
        (make("sinusoidal"), (4,), "float32", "initializer-rank"),
        (normal, (3,), "int64", "initializer-dtype"),
        (constant(0.5), (3,), "int64", "initializer-dtype"),
        (constant(2), (3,), "bool", "initializer-dtype"),
    ],
)
def test_what_a_tensor_cannot_be(made: Initializer, shape: tuple[int, ...], dtype: str, rule: str) -> None:
    with pytest.raises(Problem) as caught:
        made.check(shape, dtype)
    assert caught.value.rule == rule


def test_what_a_tensor_can_be() -> None:
    for made, shape, dtype in (
        (zeros, (), "bool"),
        (constant(2), (3,), "int8"),
        (make("dirac"), (1, 1, 1), "bfloat16"),
    ):
        made.check(shape, dtype)
