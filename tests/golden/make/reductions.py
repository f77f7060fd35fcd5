"""Reductions over dims beyond sum and mean: result and gradient over dtypes, dims, empties and edge values."""

from itertools import product

import torch

from .encode import number
from .ops import BOOL, F32, F64, I64, case, inf, nan, sample

SHAPES = ((4,), (2, 3), (2, 2, 3), (), (1,), (0,), (0, 3), (3, 0))
# For types of which not much is to be said.
FEW = ((4,), (2, 3), (), (0, 3))


def shapes(dtypes):
    return [(dtype, shape) for dtype in dtypes for shape in (SHAPES if dtype.is_floating_point else FEW)]



def ties(dtype):
    return torch.tensor([[1, 3, 3], [2, 2, 2], [0, -1, 0]], dtype=dtype)


def edges(dtype):
    return torch.tensor(
        [[nan, 1.0, 2.0], [inf, -inf, 0.0], [-inf, -inf, -inf], [inf, inf, 1.0], [0.0, -0.0, 1.0], [1e30, -1e30, 1.0]], dtype=dtype
    )


def over(op, f, dtypes, several=True, required=False, inputs=sample):
    """f(x), f(x, dim) and f(x, dims), with and without keepdim. Where there is no keepdim, f has no such argument."""
    for dtype, shape in shapes(dtypes):
        x = inputs(shape, 81, dtype)
        if not required:
            yield case(op, f, [x])
        for dim, keepdim in product(sorted({0, -1, len(shape)}), (False, True)):
            options = {"keepdim": True} if keepdim else None
            yield case(op, lambda t: f(t, dim, keepdim=keepdim), [x], [dim], options)
    if not several:
        return
    for dtype, dims, keepdim in product(dtypes[:2], ([0, 1], [0, 2], [-1, 1], [2, 0, 1], [1], [0, 0], [0, 3]), (False, True)):
        options = {"keepdim": True} if keepdim else None
        yield case(op, lambda t: f(t, dims, keepdim=keepdim), [inputs((2, 2, 3), 82, dtype)], [dims], options)


def rows(op, f, xs):
    """On matrices, along either dim and over all."""
    for x in xs:
        yield case(op, f, [x])
        for dim in (0, 1):
            yield case(op, lambda t: f(t, dim), [x], [dim])


def extrema():
    kinds = {"amax": torch.amax, "amin": torch.amin}
    for op, f in kinds.items():
        g = lambda t, dim=(), keepdim=False: f(t, dim, keepdim=keepdim)
        yield from over(op, g, (F32, F64, I64, BOOL))
        yield from rows(op, g, [ties(F32), ties(F64), edges(F32), edges(F64)])
    for op, f in {"argmax": torch.argmax, "argmin": torch.argmin}.items():
        yield from over(op, f, (F32, F64, I64, BOOL), several=False)
        yield from rows(op, f, [ties(F32), ties(I64), edges(F32), edges(F64)])
        yield case(op, lambda t: f(t, keepdim=True), [sample((2, 3), 1, F32)], [None], {"keepdim": True})
    for op, f in {"max": torch.max, "min": torch.min}.items():
        for dtype in (F32, F64, I64, BOOL):
            for _, shape in shapes([dtype]):
                yield case(op, f, [sample(shape, 81, dtype)])
            for (_, shape), part in product(shapes([dtype]), ("values", "indices")):
                for dim, keepdim in product(sorted({0, -1, len(shape)}), (False, True)):
                    h = lambda t: getattr(f(t, dim, keepdim=keepdim), part)
                    options = {"part": part, **({"keepdim": True} if keepdim else {})}
                    yield case(op, h, [sample(shape, 81, dtype)], [dim], options)
            yield case(op, f, [sample((2, 3), 83, dtype), sample((3,), 84, dtype)])
        for x in (ties(F32), ties(F64), edges(F32), edges(F64)):
            yield case(op, f, [x])
            for dim, part in product((0, 1), ("values", "indices")):
                yield case(op, lambda t: getattr(f(t, dim), part), [x], [dim], {"part": part})


def truths():
    for op, f in {"any": torch.any, "all": torch.all}.items():
        yield from over(op, f, (F32, I64, BOOL, F64))
        yield from rows(op, f, [torch.tensor([[0.0, nan], [-0.0, 1e-30]]), torch.tensor([[True, True], [False, True]])])


def products():
    small = lambda shape, seed, dtype: sample(shape, seed, dtype, -2, 2)
    zeros = [
        torch.tensor([[0, 2, 3], [0, 0, 3], [1.5, 2, 0], [0, 0, 0], [1, 2, 3]], dtype=d) for d in (F32, F64)
    ]
    yield from over("prod", torch.prod, (F32, F64, I64, BOOL), several=False, inputs=small)
    yield from rows("prod", torch.prod, zeros)
    yield case("prod", torch.prod, [sample((40,), 85, F64, 0.5, 2)])
    yield case("prod", torch.prod, [torch.tensor([inf, 0.0, 1.0])])
    for op, f in {"cumsum": torch.cumsum, "cumprod": torch.cumprod}.items():
        for dtype, shape in shapes((F32, F64, I64, BOOL)):
            for dim in sorted({0, -1, len(shape)}):
                yield case(op, lambda t: f(t, dim), [small(shape, 86, dtype)], [dim])
        for x, dim in product(zeros, (0, 1)):
            yield case(op, lambda t: f(t, dim), [x], [dim])
        for dtype in (F32, F64):
            yield case(op, lambda t: f(t, 0), [sample((300,), 87, dtype, 0.9, 1.1)], [0])
            if op == "cumsum":  # PyTorch divides running products by the elements, which gives NaN.
                yield case(op, lambda t: f(t, 0), [torch.tensor([1.0, inf, -1.0, 2.0], dtype=dtype)], [0])


def statistics():
    for op, f in {"var": torch.var, "std": torch.std}.items():
        g = lambda t, dim=None, keepdim=False: f(t, dim, keepdim=keepdim)
        yield from over(op, g, (F32, F64))
        yield from rows(op, g, [ties(F64), sample((3, 3), 88, F32) + 1000])
        for dtype, correction in product((F32, F64), (0, 1, 2, 3, 4, 0.5)):
            for dim in (None, 1):
                h = lambda t: f(t, dim, correction=correction)
                yield case(op, h, [sample((2, 3), 89, dtype)], [dim], {"correction": correction})
        for dtype in (I64, BOOL):
            yield case(op, f, [sample((3,), 1, dtype)])


def norms():
    for dtype, p in product((F32, F64), (2, 1, 0, 3, 0.5, 1.5, -1, inf, -inf)):
        q = number(p, F64) if isinstance(p, float) else p
        for shape in ((4,), (2, 3), (), (2, 2, 3)):
            yield case("norm", lambda t: torch.norm(t, p), [sample(shape, 91, dtype)], [q])
        for dims, keepdim in product((0, -1, [0, 1], [2, 0]), (False, True)):
            options = {"keepdim": True} if keepdim else None
            x = sample((2, 2, 3), 92, dtype)
            yield case("norm", lambda t: torch.norm(t, p, dims, keepdim=keepdim), [x], [q, dims], options)
        zeros = torch.tensor([[0.0, 0.0, 0.0], [0.0, 2.0, -2.0]], dtype=dtype)
        yield case("norm", lambda t: torch.norm(t, p, 1), [zeros], [q, 1])
        yield case("norm", lambda t: torch.norm(t, p), [ties(dtype)], [q])
        for shape in ((0,), (2, 0), (0, 2)):
            yield case("norm", lambda t: torch.norm(t, p), [sample(shape, 1, dtype)], [q])
            yield case("norm", lambda t: torch.norm(t, p, 0), [sample(shape, 1, dtype)], [q, 0])
    for dtype in (F32, F64, I64, BOOL):
        yield case("norm", torch.norm, [sample((2, 3), 93, dtype)])
        yield case("norm", lambda t: torch.norm(t, "fro"), [sample((2, 3), 93, dtype)], ["fro"])


def logarithms():
    f = torch.logsumexp
    yield from over("logsumexp", f, (F32, F64, I64, BOOL), required=True)
    for dtype, dim in product((F32, F64), (0, 1)):
        yield case("logsumexp", lambda t: f(t, dim), [edges(dtype)], [dim])
        large = torch.tensor([[1000.0, 1000.0], [-1000.0, -1001.0], [88.0, 89.0]], dtype=dtype)
        yield case("logsumexp", lambda t: f(t, dim), [large], [dim])


def cases():
    return {
        "extrema": list(extrema()),
        "truths": list(truths()),
        "products": list(products()),
        "statistics": list(statistics()),
        "norms": list(norms()),
        "logarithms": list(logarithms()),
    }
