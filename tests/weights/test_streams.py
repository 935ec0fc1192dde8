"""What the initialisers draw: reproducible to the bit, and distributed as they say."""

from __future__ import annotations

import hashlib
import math
import sys
from typing import Any

import numpy as np
import pytest

from deferinit_cli.initializers import constant, known, make
from deferinit_cli.problems import Problem
from deferinit_cli.weights import dtypes, normals, streams
from deferinit_cli.weights.orthonormal import orthonormal
from deferinit_cli.weights.streams import CHUNK, chunks, fill, fill_slice

Array = np.ndarray[Any, np.dtype[Any]]
BIG = (600, 1000)


def draw(name: str, shape: tuple[int, ...] = BIG, fans: tuple[int, int] = (200, 400), **args: Any) -> Array:
    return fill(make(name, args), shape, "float64", 7, "layer.weight", fans)


def looks_like(values: Array, mean: float, std: float) -> None:
    """Mean and standard deviation within five standard errors."""
    n = values.size
    assert abs(values.mean() - mean) < 5 * std / math.sqrt(n)
    assert abs(values.std() / std - 1) < 5 / math.sqrt(2 * n)


def evenly(values: Array, bound: float) -> None:
    looks_like(values, 0, bound / math.sqrt(3))
    assert bound * 0.9999 < np.abs(values).max() <= bound


@pytest.mark.parametrize(
    "name, args, bound",
    [
        ("uniform", {}, 0.07),
        ("uniform", {"scale": 2}, 2),
        ("glorot_uniform", {}, math.sqrt(6 / 600)),
        ("glorot_uniform", {"gain": 3}, 3 * math.sqrt(6 / 600)),
        ("he_uniform", {}, math.sqrt(6 / 200)),
        ("he_uniform", {"mode": "fan_out"}, math.sqrt(6 / 400)),
        ("he_uniform", {"slope": math.sqrt(5)}, 1 / math.sqrt(200)),
        ("lecun_uniform", {}, math.sqrt(3 / 200)),
        ("torch_default", {}, 1 / math.sqrt(200)),
        ("variance_scaling", {"distribution": "uniform", "scale": 2, "mode": "fan_avg"}, math.sqrt(3 * 2 / 300)),
    ],
)
def test_uniform_ones(name: str, args: dict[str, Any], bound: float) -> None:
    evenly(draw(name, **args), bound)


@pytest.mark.parametrize(
    "name, args, mean, std",
    [
        ("normal", {}, 0, 0.01),
        ("normal", {"std": 3, "mean": -7}, -7, 3),
        ("glorot_normal", {}, 0, math.sqrt(2 / 600)),
        ("he_normal", {}, 0, math.sqrt(2 / 200)),
        ("he_normal", {"mode": "fan_out", "slope": 1}, 0, math.sqrt(1 / 400)),
        ("lecun_normal", {}, 0, math.sqrt(1 / 200)),
        ("variance_scaling", {"distribution": "normal"}, 0, math.sqrt(1 / 200)),
    ],
)
def test_normal_ones(name: str, args: dict[str, Any], mean: float, std: float) -> None:
    values = (draw(name, **args) - mean) / std
    looks_like(values, 0, 1)
    assert abs((values**4).mean() - 3) < 5 * math.sqrt(96 / values.size)
    assert abs((values**3).mean()) < 5 * math.sqrt(15 / values.size)
    assert 4.2 < np.abs(values).max() < 8.6


def test_truncated_normals_stay_within_two_std() -> None:
    values = draw("truncated_normal", std=2, mean=5)
    looks_like(values, 5, 2 * 0.87962566103423978)
    assert 3.999 < np.abs(values - 5).max() <= 4
    scaled = draw("variance_scaling", scale=2, mode="fan_out")
    looks_like(scaled, 0, math.sqrt(2 / 400))  # the cut is made up for


def test_the_normal_is_that_of_the_error_function() -> None:
    values = np.sort(draw("normal", std=1).ravel())
    expected = 0.5 * (1 + np.vectorize(math.erf)(values[::97] / math.sqrt(2)))
    steps = np.arange(values.size)[::97] / values.size
    assert np.abs(expected - steps).max() < 1.95 / math.sqrt(values.size)  # Kolmogorov and Smirnov, 1 in 1000


def test_normals_against_a_library_on_the_same_bits() -> None:
    bits = np.random.Philox(key=3).random_raw(1 << 16)
    half = len(bits) // 2
    u = ((bits[:half] >> np.uint64(11)) + np.uint64(1)).astype(np.float64) / 2**53
    angle = math.pi * ((bits[half:] >> np.uint64(11)).astype(np.float64) / 2**53 - 0.5)
    radius = np.sqrt(-2 * np.log(u)) * np.where(bits[half:] & np.uint64(1), -1, 1)
    expected = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
    np.testing.assert_allclose(normals.standard_normal(bits), expected, rtol=0, atol=1e-12)


def test_extreme_bits_give_finite_normals() -> None:
    worst = [0, 1, 2**64 - 1, 2**63, 2**11, 2**11 - 1, 2**53, 2**52 - 1]
    bits = np.array([a for a in worst for _ in worst] + [b for _ in worst for b in worst], np.uint64)
    values = normals.standard_normal(bits)
    assert np.isfinite(values).all() and np.abs(values).max() < 8.6


def test_neighbours_are_independent() -> None:
    for name in ("normal", "uniform"):
        flat = draw(name).ravel()
        other = fill(make(name), BIG, "float64", 7, "layer.weight2", (1, 1)).ravel()
        seeded = fill(make(name), BIG, "float64", 8, "layer.weight", (1, 1)).ravel()
        pairs = [(flat[:-1], flat[1:]), (flat[:-CHUNK], flat[CHUNK:]), (flat[: CHUNK // 2], flat[CHUNK // 2 : CHUNK])]
        for a, b in [*pairs, (flat, other), (flat, seeded)]:
            assert abs(np.corrcoef(a, b)[0, 1]) < 5 / math.sqrt(len(a))


FIXED = {
    "uniform": "ac0aecd41d427b8f",
    "normal": "8bc71b18434243ed",
    "truncated_normal": "3755df5f3a82c945",
    "orthogonal": "76a71743954d8ee6",
    "sparse": "5c07f230c02bd4e7",
}


@pytest.mark.parametrize("name", FIXED)
def test_values_never_change(name: str) -> None:
    """The same bits in every version, on every platform: weights made from a seed can be made again."""
    values = fill(make(name), (40, 30), "float32", 2024, "encoder.0.weight", (30, 40))
    assert hashlib.sha256(values.astype("<f4").tobytes()).hexdigest()[:16] == FIXED[name]


SHAPES = {"identity": (300, 500), "dirac": (300, 40, 5, 5), "bilinear": (300, 40, 5, 5), "sparse": (300, 500),
          "sinusoidal": (300, 500)}  # fmt: skip


@pytest.mark.parametrize("name", list(known()))
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_any_slice_can_be_made_alone(name: str, dtype: str) -> None:
    args = {"value": 3} if name == "constant" else {}
    shape = SHAPES.get(name, (300, 20) if name == "orthogonal" else (3, 90000))
    made = make(name, args)
    whole = fill(made, shape, dtype, 0, "w", (5, 6))
    assert whole.shape == shape and whole.dtype == dtypes.numpy_dtype(dtype)
    pieces = [fill_slice(made, shape, dtype, 0, "w", (5, 6), i, i + 1) for i in reversed(range(chunks(shape)))]
    assert np.concatenate(pieces[::-1]).tobytes() == whole.tobytes()
    assert fill_slice(made, shape, dtype, 0, "w", (5, 6), 1).tobytes() == whole.ravel()[CHUNK:].tobytes()
    assert len(fill_slice(made, shape, dtype, 0, "w", (5, 6), 99)) == 0


def test_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("normal", "truncated_normal", "uniform"):
        monkeypatch.setattr(streams, "THREADED", 1)
        threaded = draw(name, (5 * CHUNK + 3,))
        monkeypatch.setattr(streams, "THREADED", 1 << 60)
        assert threaded.tobytes() == draw(name, (5 * CHUNK + 3,)).tobytes()


def test_names_and_seeds_are_told_apart() -> None:
    made = make("normal")
    keys = [(0, "a"), (0, "b"), (1, "a"), (-1, "a"), (1, "0a"), (10, "a"), (2**80, "a"), (0, "é")]
    drawn = {fill(made, (50,), "float32", seed, name).tobytes() for seed, name in keys}
    assert len(drawn) == len(keys)


def test_narrow_dtypes_are_the_wide_values_rounded() -> None:
    wide = draw("normal", (1000,))
    for dtype in ("float32", "float16", "bfloat16"):
        narrow = fill(make("normal"), (1000,), dtype, 7, "layer.weight")
        assert np.array_equal(narrow, wide.astype(dtypes.numpy_dtype(dtype)))


@pytest.mark.parametrize("dtype", ["int64", "int8", "uint8", "bool", "float16"])
def test_constants_of_any_dtype(dtype: str) -> None:
    for name, value in (("zeros", 0), ("ones", 1)):
        values = fill(make(name), (2, 3), dtype, 0, "n")
        assert values.dtype == np.dtype(dtype) and (values == value).all()
    assert fill(make("identity"), (2, 3), dtype, 0, "n").tolist() == [[1, 0, 0], [0, 1, 0]]


def test_odd_shapes() -> None:
    for shape in ((), (1,), (3,), (0, 4), (2, 0)):
        assert fill(make("normal"), shape, "float32", 0, "x").shape == shape
    assert abs(draw("orthogonal", (1, 1))[0, 0]) == pytest.approx(1)
    assert draw("orthogonal", (0, 3)).shape == (0, 3)


@pytest.mark.parametrize("shape", [(64, 64), (200, 33), (33, 200), (5, 1), (1, 5), (20, 3, 3, 2), (4, 20, 3)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    q = draw("orthogonal", shape, gain=2).reshape(shape[0], -1) / 2
    gram = q.T @ q if q.shape[0] >= q.shape[1] else q @ q.T
    np.testing.assert_allclose(gram, np.eye(len(gram)), atol=1e-9)


def test_orthogonal_is_what_a_library_makes_of_the_same_matrix() -> None:
    values = np.random.default_rng(0).standard_normal((70, 50))
    q, r = np.linalg.qr(values)
    np.testing.assert_allclose(orthonormal(values.copy()), q * np.sign(np.diag(r)), atol=1e-9)


def test_columns_that_are_nearly_the_same_come_out_orthogonal() -> None:
    chance = np.random.default_rng(0)
    values = chance.standard_normal((50, 1)) + 1e-4 * chance.standard_normal((50, 20))
    q = orthonormal(values)
    np.testing.assert_allclose(q.T @ q, np.eye(20), atol=1e-7)


def test_orthogonal_does_not_hang_on_how_sums_are_ordered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every product of matrices is exact, so permuting the summed axis changes no bit."""
    from deferinit_cli.weights import orthonormal as module

    a, b = (np.random.default_rng(k).standard_normal((4000, 7)) for k in range(2))
    order = np.random.default_rng(2).permutation(4000)
    assert np.array_equal(module._product(a.T, b), module._product(a[order].T, b[order]))
    np.testing.assert_allclose(module._product(a.T, b), a.T @ b, atol=1e-8)
    assert module.LENGTH * 4**module.BITS < 2**53
    long = np.ones((3, 10001)) * 1.75
    assert np.array_equal(module._product(long, long.T), np.full((3, 3), 10001 * 1.75**2))


@pytest.mark.parametrize("shape, groups", [((4, 4, 3), 1), ((6, 3, 3, 3), 2), ((2, 5, 3, 3), 1), ((4, 2, 4, 3, 1), 2)])
def test_dirac_passes_channels_through(shape: tuple[int, ...], groups: int) -> None:
    kernel = draw("dirac", shape, groups=groups)
    centre = tuple(k // 2 for k in shape[2:])
    assert kernel.sum() == kernel[(..., *centre)].sum() == groups * min(shape[0] // groups, shape[1])
    for out in range(shape[0]):
        channel = out % (shape[0] // groups)
        if channel < shape[1]:
            assert kernel[(out, channel, *centre)] == 1


def test_dirac_needs_groups_that_fit() -> None:
    with pytest.raises(Problem) as caught:
        draw("dirac", (5, 5, 3), groups=2)
    assert caught.value.blame == "groups"


def test_bilinear_interpolates() -> None:
    kernel = draw("bilinear", (2, 2, 4, 4))
    assert kernel[0, 0, 0].tolist() == pytest.approx([0.0625, 0.1875, 0.1875, 0.0625])
    assert kernel[0, 0, 1].tolist() == pytest.approx([0.1875, 0.5625, 0.5625, 0.1875])
    assert np.array_equal(kernel[1, 1], kernel[0, 0]) and not kernel[0, 1].any() and not kernel[1, 0].any()
    depthwise = draw("bilinear", (3, 1, 3))
    assert depthwise[:, 0].tolist() == [[0.5, 1, 0.5]] * 3
    line = np.zeros(24)  # a transposed convolution of stride 2 and the kernel of 4 continues a straight line
    for i in range(10):
        line[2 * i : 2 * i + 4] += i * draw("bilinear", (1, 1, 4))[0, 0]
    np.testing.assert_allclose(np.diff(line[3:19]), 0.5)


def test_sparse_columns() -> None:
    values = draw("sparse", (200, 50), sparsity=0.33, std=2)
    assert ((values == 0).sum(axis=0) == 66).all()
    looks_like(values[values != 0], 0, 2)
    places = [frozenset(np.flatnonzero(column == 0)) for column in values.T]
    assert len(set(places)) == 50
    assert (draw("sparse", (10, 3), sparsity=0.3) == 0).sum(axis=0).tolist() == [3, 3, 3]
    assert (draw("sparse", (10, 3), sparsity=0.31) == 0).sum(axis=0).tolist() == [4, 4, 4]
    assert not draw("sparse", (10, 3), sparsity=1).any() and draw("sparse", (10, 3), sparsity=0).all()


def test_what_cannot_be_made_is_told() -> None:
    for made, shape, dtype, fans, rule in (
        (make("glorot_uniform"), (3, 3), "float32", None, "initializer-fans"),
        (make("he_normal"), (3, 3), "float32", (0, 1), "initializer-fans"),
        (make("normal"), (3,), "int64", (1, 1), "initializer-dtype"),
        (make("orthogonal"), (3,), "float32", (1, 1), "initializer-rank"),
        (make("zeros"), (3,), "float31", (1, 1), "unknown-dtype"),
        (constant, (3,), "float32", (1, 1), "bad-argument"),
    ):
        with pytest.raises(Problem) as caught:
            fill(made, shape, dtype, 0, "x", fans)
        assert caught.value.rule == rule


def test_bfloat16_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(Problem, match="ml_dtypes"):
        fill(make("zeros"), (3,), "bfloat16", 0, "x")


def test_sinusoidal_is_whispers_table() -> None:
    table = draw("sinusoidal", (5, 6))
    for t in range(5):
        turns = [t, t / 100, t / 10000]
        assert table[t].tolist() == pytest.approx([math.sin(x) for x in turns] + [math.cos(x) for x in turns], abs=1e-7)
    for features in (3, 2):
        with pytest.raises(Problem) as caught:
            draw("sinusoidal", (5, features))
        assert caught.value.rule == "initializer-shape"
