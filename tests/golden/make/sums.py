"""Sums over any dims, whose last bits show the order of addition."""

from itertools import combinations
from math import prod
from random import Random

import torch

from .encode import fnv, name, ramp, tensor, values

F32, F64 = torch.float32, torch.float64
FLAT = [
    *range(0, 40),
    63,
    64,
    65,
    100,
    127,
    128,
    255,
    256,
    257,
    511,
    512,
    513,
    1000,
    2047,
    2048,
    5000,
    32767,
    32768,
    100000,
]
SHAPES = [
    (100, 1), (1, 100), (3, 5), (5, 3), (8, 8), (7, 9), (17, 33), (33, 17), (100, 3), (3, 100), (64, 64),
    (40, 7), (7, 40),
    (300, 2), (2, 300), (1, 1), (50, 32), (50, 36), (1000, 5), (5, 1000), (2100, 9), (9, 2100), (70, 70),
    (600, 33),
    (2, 3, 4), (4, 1, 5), (8, 9, 10), (17, 3, 33), (33, 17, 3), (1, 40, 1), (5, 40, 33), (20, 4, 4),
    (4, 20, 4), (3, 70, 9),
    (9, 8, 8), (70, 3, 2), (2, 3, 70), (0, 3), (3, 0), (2, 3, 4, 5), (5, 8, 3, 9), (9, 2, 17, 4),
]  # fmt: skip


def result(t):
    if t.numel() > 6:
        return {"n": t.numel(), "head": values(t.reshape(-1)[:2]), "fnv": fnv(t)}
    return {"n": t.numel(), "values": values(t)}


def ordered():
    for dtype in (F32, F64):
        for n in FLAT:
            x = ramp(n, n, dtype)
            yield {"dtype": name(dtype), "shape": [n], "seed": n, "dims": [0], **result(x.sum())}
        for shape in SHAPES:
            seed = sum(shape)
            x = ramp(prod(shape), seed, dtype).reshape(shape)
            for k in range(1, len(shape) + 1):
                for dims in combinations(range(len(shape)), k):
                    yield {
                        "dtype": name(dtype),
                        "shape": list(shape),
                        "seed": seed,
                        "dims": dims,
                        **result(x.sum(dims)),
                    }
    random = Random(1)
    for _ in range(150):
        dtype = random.choice((F32, F64))
        shape = tuple(
            random.choice((1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65))
            for _ in range(random.choice((2, 3)))
        )
        dims = tuple(sorted(random.sample(range(len(shape)), random.randint(1, len(shape)))))
        seed = random.randrange(1000)
        x = ramp(prod(shape), seed, dtype).reshape(shape)
        yield {"dtype": name(dtype), "shape": list(shape), "seed": seed, "dims": dims, **result(x.sum(dims))}


def special():
    nan, inf = float("nan"), float("inf")
    for dtype in (F32, F64):
        big = torch.finfo(dtype).max
        for x in (
            [-0.0],
            [-0.0, -0.0],
            [nan, 1],
            [inf, 1],
            [inf, -inf],
            [-inf, 2],
            [big, big],
            [big, big, -big],
            [1e-45, 1e-45],
            [],
        ):
            t = torch.tensor(x, dtype=dtype)
            yield {"input": tensor(t), "dims": [0], "sum": tensor(t.sum())}
        t = torch.tensor(-0.0, dtype=dtype)
        yield {"input": tensor(t), "dims": [], "sum": tensor(t.sum())}
        t = torch.tensor([[-0.0], [-0.0]], dtype=dtype)
        for dims in ([0], [1], [0, 1]):
            yield {"input": tensor(t), "dims": dims, "sum": tensor(t.sum(dims))}
    for t in (
        torch.tensor([True, False, True]), torch.tensor([[True, False], [True, True]]),
        torch.arange(24).reshape(2, 3, 4),
        torch.tensor([2**52, 2**52 - 1]), torch.tensor([], dtype=torch.int64), torch.tensor(True),
        torch.tensor(-7),
    ):  # fmt: skip
        for k in range(0 if t.dim() == 0 else 1, t.dim() + 1):
            for dims in combinations(range(t.dim()), k):
                yield {"input": tensor(t), "dims": dims, "sum": tensor(t.sum(dims))}


def cases():
    return {"ordered": list(ordered()), "special": list(special())}
