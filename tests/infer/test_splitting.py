"""Advice that is followed works: numbers that would divide divide all that they have to."""

from __future__ import annotations

import re
from math import gcd

import pytest

from tests.specs import rejection

KINDS = {
    "conv2d": ("inputs: {{x: [N, {a}, H, W]}}\nlayers:\n- conv2d c: {{channels: {b}, kernel_size: 3, groups: {n}}}\n", gcd),
    "group_norm": ("inputs: {{x: [N, {a}, H, W]}}\nlayers:\n- group_norm g: {n}\n", lambda a, b: a),
    "multi_head_attention": ("inputs: {{x: [N, T, {a}]}}\nlayers:\n- multi_head_attention m: {{heads: {n}}}\n", lambda a, b: a),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_advised_is_the_nearest_that_works(kind: str) -> None:
    spec, both = KINDS[kind]
    advised = 0
    for a in (12, 48, 100, 255):
        for b in (64, 90, 256):
            for n in (5, 7, 8, 32):
                found = [d for d in rejection(spec.format(a=a, b=b, n=n)) if d.rule == "not-divisible"]
                if a % n == 0:
                    continue
                (first, *_) = found
                fits = [d for d in range(1, a + 1) if both(a, b) % d == 0]
                nearest = [max((d for d in fits if d < n), default=None), min((d for d in fits if d > n), default=None)]
                told = [int(d) for d in re.findall(r"\d+", first.help.split(" would ")[0])]
                assert told == [d for d in nearest if d is not None], (a, b, n, first.help)
                advised += len(told)
                for d in told:
                    assert not [x for x in rejection(spec.format(a=a, b=b, n=d)) if x.rule == "not-divisible"]
    assert advised > 20
