"""Order, counts and products of given dims: results, what is refused, and gradients."""

from itertools import product

import torch

from .movement import given, method, thinned
from .ops import BOOL, F32, F64, I64, case, inf, nan, sample

DTYPES = (F32, F64, I64, BOOL)
t = torch.tensor
EDGES = [1.0, nan, -inf, 0.0, -0.0, inf, nan, -2.0, 1.0]


def distinct(shape, seed, dtype):
    """Elements no two of which are equal, so that there is one right order."""
    n = torch.Size(shape).numel()
    return (torch.randperm(n, generator=torch.Generator().manual_seed(seed)) - n // 2).reshape(shape).to(dtype)


def both(op, inputs, args, options=None):
    if options and len(args) == (0 if op == "median" else 1):
        args = [*args, -1]
    for pick in ("values", "indices"):
        def f(*xs, pick=pick):
            return getattr(getattr(xs[0], op)(*args, **(options or {})), pick)

        yield case(f"{op}.{pick}", f, inputs, args, options)


def sorts():
    forms = [
        ((7,), []), ((3, 4), []), ((3, 4), [0]), ((3, 4), [-2]), ((2, 3, 4), [1]), ((0,), []), ((2, 0), [0]), ((), []), ((1,), [0]), ((3, 4), [2]),
    ]  # fmt: skip
    for (shape, args), descending, dtype in product(forms, (False, True), DTYPES):
        options = {"descending": True} if descending else None
        args = args if args or not descending else [-1]
        # Small integers: many are equal, and keep their order, as they do in PyTorch's on a CPU.
        x = sample(shape, 91, dtype if dtype in (I64, BOOL) else I64, -2, 2).to(dtype)
        python = {"dim": args[0] if args else -1, "descending": descending}
        for pick in ("values", "indices"):
            yield case(f"sort.{pick}", lambda x: getattr(torch.sort(x, **python), pick), [x], args, options)
        yield case("argsort", lambda x: torch.argsort(x, **python), [x], args, options)
    for descending, dtype in product((False, True), (F32, F64)):
        options = {"descending": True} if descending else None
        for pick in ("values", "indices"):
            f = lambda x: getattr(torch.sort(x, dim=-1, descending=descending), pick)
            yield case(f"sort.{pick}", f, [t(EDGES, dtype=dtype)], [-1], options)


def choices():
    tops = [
        ((7,), [3]), ((7,), [7]), ((7,), [0]), ((3, 4), [2]), ((3, 4), [2, 0]), ((3, 4), [1, -2]), ((2, 3, 4), [2, 1]), ((), [1]), ((), [0]),
        ((0, 3), [2]), ((7,), [8]), ((7,), [-1]), ((3, 4), [1, 2]), ((), [2]),
    ]  # fmt: skip
    for (shape, args), largest, dtype in product(tops, (True, False), (F32, F64, I64)):
        yield from both("topk", [distinct(shape, 92, dtype)], args, None if largest else {"largest": False})
    yield from both("topk", [sample((3,), 92, BOOL)], [1])
    for largest in (True, False):
        yield from both("topk", [t([1.0, nan, -inf, 3.0])], [3], None if largest else {"largest": False})
    kth = [
        ((7,), [3]), ((7,), [1]), ((7,), [7]), ((3, 4), [2]), ((3, 4), [2, 0]), ((2, 3, 4), [2, -2]), ((), [1]), ((2, 0), [1, 0]), ((7,), [0]),
        ((7,), [8]), ((2, 0), [1, 1]), ((3, 4), [1, 2]),
    ]  # fmt: skip
    for (shape, args), keepdim, dtype in product(kth, (False, True), (F32, F64, I64)):
        yield from both("kthvalue", [distinct(shape, 93, dtype)], args, {"keepdim": True} if keepdim else None)
    yield from both("kthvalue", [sample((3,), 93, BOOL)], [1])
    for k in (1, 2, 3):
        yield from both("kthvalue", [t([1.0, nan, -3.0])], [k])
    dims = [((7,), [0]), ((3, 4), [0]), ((3, 4), [-1]), ((2, 3, 4), [1]), ((), [0]), ((2, 0), [0]), ((2, 0), [1]), ((3, 4), [2])]
    for (shape, args), keepdim, dtype in product(dims, (False, True), (F32, F64, I64)):
        yield from both("median", [distinct(shape, 94, dtype)], args, {"keepdim": True} if keepdim else None)
    yield from both("median", [t([[1.0, nan, 3.0], [5.0, 4.0, 6.0]])], [1])
    yield from both("median", [sample((3,), 94, BOOL)], [0])
    for shape, dtype in product(((7,), (8,), (3, 4), (), (1,)), (F32, F64, I64)):
        yield method("median", "median", [distinct(shape, 95, dtype)], [])
        # Of equal elements each has its part of the gradient.
        yield method("median", "median", [sample(shape, 96, I64, 0, 1).to(dtype)], [])
    yield method("median", "median", [torch.zeros(0)], [])
    yield method("median", "median", [t([1.0, nan, 3.0, nan])], [])
    yield method("median", "median", [sample((3,), 94, BOOL)], [])


def counts():
    for shape, dtype in product(((9,), (3, 4), (), (0,), (2, 0)), DTYPES):
        x = sample(shape, 97, dtype if dtype in (I64, BOOL) else I64, -2, 2).to(dtype)
        # PyTorch gives no gradient here, and says so only when asked for one: not asked.
        yield case("unique", lambda x: torch.unique(x.detach()), [x])
        for i, pick in enumerate(("values", "inverse", "counts")):
            f = lambda x: torch.unique(x.detach(), return_inverse=True, return_counts=True)[i]
            yield case(f"unique.{pick}", f, [x], (), {"returnInverse": True, "returnCounts": True})
        yield method("nonzero", "nonzero", [x], [])
        for pick in range(max(1, x.dim())):
            f = lambda x: torch.nonzero(x, as_tuple=True)[pick]
            yield case(f"nonzero.{pick}", f, [x], (), {"asTuple": True})
    for i, pick in enumerate(("values", "inverse", "counts")):
        f = lambda x: torch.unique(x.detach(), return_inverse=True, return_counts=True)[i]
        yield case(f"unique.{pick}", f, [t([nan, 1.0, nan, 0.0, 2.0, inf, -inf])], (), {"returnInverse": True, "returnCounts": True})
    forms = (
        ((5, 2), 0), ((5, 2), -2), ((2, 5), 1), ((5, 2, 2), 0), ((2, 5, 2), 1), ((2, 2, 5), -1), ((6,), 0), ((0,), 0), ((3, 0), 1), ((1, 3), 0),
        ((3, 0), 0), ((2, 0, 3), 2), ((0, 0), 0), ((), 0), ((2, 3), 2),
    )  # fmt: skip
    for (shape, dim), dtype in product(forms, DTYPES):
        x = sample(shape, 110, dtype if dtype in (I64, BOOL) else I64, -1, 0).to(dtype)
        yield case("unique", lambda x: torch.unique(x.detach(), dim=dim), [x], (), {"dim": dim})
        options = {"dim": dim, "returnInverse": True, "returnCounts": True}
        for i, pick in enumerate(("values", "inverse", "counts")):
            f = lambda x: torch.unique(x.detach(), return_inverse=True, return_counts=True, dim=dim)[i]
            yield case(f"unique.{pick}", f, [x], (), options)
    # What is left of the order where there are NaN and others is not said by PyTorch, whose comparison is none then.
    x = t([[1.0, nan], [1.0, nan], [0.0, 2.0], [-0.0, 2.0], [-inf, inf]])
    yield case("unique.inverse", lambda x: torch.unique(x.detach(), return_inverse=True, dim=0)[1], [x], (), {"dim": 0, "returnInverse": True})
    yield method("nonzero", "nonzero", [t([nan, 0.0, -0.0, inf])], [])
    for values, least in product(([1, 2, 1, 4], [], [0, 0], [1, -1]), (None, 0, 3, 9, -1)):
        x = t(values, dtype=I64)
        options = None if least is None else {"minlength": least}
        yield method("bincount", "bincount", [x], [None], options)
        for dtype in DTYPES:
            f = lambda x, w: torch.bincount(x, w.detach(), least or 0)
            yield case("bincount", f, [x, sample(x.shape, 98, dtype)], [given(1)], options)
    yield method("bincount", "bincount", [t([1.0, 2.0])], [None])
    yield method("bincount", "bincount", [t([[1]])], [None])
    yield method("bincount", "bincount", [t([1, 2]), t([1])], [given(1)])
    ranges = [(5, 0, 0), (5, -1, 2), (1, 0, 0), (100, 0, 0), (7, -3, 3), (3, 2, 2), (0, 0, 1), (5, 2, 1), (5, 0, inf), (10, 0, 1), (30, -1.1, 0.7)]
    for (bins, low, high), dtype in product(ranges, (F32, F64)):
        options = {"min": low, "max": high} if (low, high) != (0, 0) else None
        held = options and {k: "inf" if v == inf else v for k, v in options.items()}
        for x in (sample((40,), 99, dtype), sample((5, 8), 100, dtype, -1, 1), torch.arange(0, 1, 0.05, dtype=dtype), torch.zeros(0, dtype=dtype)):
            yield case("histc", lambda x: torch.histc(x.detach(), bins, low, high), [x], [bins], held)
    for values, low in product(([1.0, nan], [1.0, inf], [1.0, 1.0], [nan, 0.5, inf, -inf, 2.0, 3.0]), (0, 1)):
        options = {"min": -low, "max": 2 * low}
        yield case("histc", lambda x: torch.histc(x.detach(), 4, **options), [t(values)], [4], options)
    yield case("histc", lambda x: torch.histc(x, 4), [t([1, 2])], [4])


def searches():
    s = t([1.0, 2.0, 2.0, 4.0])
    forms = [
        (s, t([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, nan, inf])), (s, t([[2.0, 1.5], [9.0, -1.0]])), (s, t(2.0)), (s, t([])), (t([]), t([1.0])),
        (t([[1.0, 2.0], [3.0, 4.0]]), t([[2.0, 3.0, 0.0], [3.5, 3.0, 9.0]])), (t([1.0, nan, nan]), t([nan, 2.0, 0.5])),
        (t([[1.0, 2.0], [3.0, 4.0]]), t([2.0])), (t([[1.0, 2.0]]), t(2.0)), (t(1.0), t([2.0])), (torch.zeros(2, 3, 4), torch.zeros(2, 3, 1)),
    ]  # fmt: skip
    for (a, b), right, (p, q) in product(forms, (False, True), ((F32, F32), (F64, F64), (F32, F64), (F64, F32))):
        options = {"right": True} if right else None
        yield case("searchsorted", lambda a, b: torch.searchsorted(a, b, right=right), [a.to(p), b.to(q)], [given(0), given(1)], options)
    for right, v in product((False, True), (0, 2, 2.5, 9)):
        options = {"right": True} if right else None
        for a in (t([1, 2, 2, 4]), s, s.to(F64)):
            yield case("searchsorted", lambda a: torch.searchsorted(a, v, right=right), [a], [given(0), v], options)
    yield case("searchsorted", torch.searchsorted, [t([1, 2, 2, 4]), t([0, 2, 3])], [given(0), given(1)])
    yield case("searchsorted", torch.searchsorted, [t([1, 2, 2, 4]), t([0.5, 2.5])], [given(0), given(1)])
    yield case("searchsorted", torch.searchsorted, [t([True]), t([True])], [given(0), given(1)])


def products():
    forms = {
        "dot": [((3,), (3,)), ((0,), (0,)), ((1,), (1,)), ((9,), (9,)), ((2, 3), (3,)), ((3,), (2,))],
        "mv": [((2, 3), (3,)), ((1, 4), (4,)), ((0, 3), (3,)), ((2, 0), (0,)), ((3,), (3,)), ((2, 3), (2,)), ((2, 3), (2, 3))],
        "mm": [((2, 3), (3, 4)), ((1, 1), (1, 1)), ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (2, 3))],
        "bmm": [((2, 3, 4), (2, 4, 5)), ((1, 2, 2), (1, 2, 2)), ((0, 2, 3), (0, 3, 2)), ((2, 3, 0), (2, 0, 2)), ((2, 3, 4), (4, 5)),
                ((2, 3), (2, 3, 4)), ((2, 3, 4), (1, 4, 5)), ((2, 3, 4), (2, 3, 4))],
        "outer": [((3,), (2,)), ((1,), (4,)), ((0,), (3,)), ((5,), (5,)), ((2, 3), (3,)), ((3,), ())],
    }  # fmt: skip
    for (op, shapes), dtype in product(forms.items(), (F32, F64, I64)):
        for a, b in shapes:
            yield method(op, op, [sample(a, 101, dtype), sample(b, 102, dtype)], [given(1)])
    for op in ("dot", "mv", "mm", "bmm"):
        a, b = forms[op][0]
        yield method(op, op, [sample(a, 101, F32), sample(b, 102, F64)], [given(1)])
    yield method("outer", "outer", [sample((2,), 101, F32), sample((3,), 102, I64)], [given(1)])
    equations = [
        ("ij,jk->ik", (2, 3), (3, 4)), ("ij,jk", (2, 3), (3, 4)), ("bij,bjk->bik", (2, 3, 4), (2, 4, 2)), ("i,i->", (3,), (3,)),
        ("i,j->ij", (3,), (2,)), ("ij->ji", (2, 3)), ("ij->", (2, 3)), ("ij->j", (2, 3)), ("ii->i", (3, 3)), ("ii", (3, 3)), ("ba", (2, 3)),
        ("...ij->...ji", (2, 3, 4)), ("...ij,...jk->...ik", (2, 3, 4), (4, 2)), ("...ij,...jk->...ik", (5, 1, 2, 3), (2, 3, 2)),
        ("ij,ij->ij", (2, 3), (2, 3)), ("ij,ij->i", (2, 3), (2, 3)), ("ij,kl->ijkl", (2, 2), (2, 3)), ("ij,jk,kl->il", (2, 3), (3, 2), (2, 4)),
        ("bn,anm,bm->ba", (2, 3), (4, 3, 5), (2, 5)), ("i...->...", (2, 3)), ("i...->i", (2, 3)), (" i j , j k -> i k ", (2, 3), (3, 4)),
        ("ijj->ji", (2, 3, 3)), ("iij,jii->ij", (2, 2, 3), (3, 2, 2)), ("ij,jk->ik", (2, 1), (3, 4)), ("ij,ij->ij", (1, 3), (2, 1)),
        ("Ab,bA->", (2, 3), (3, 2)), ("aB", (2, 3)), ("i->", ()), ("->", ()), (",->", (), ()), ("...,...->...", (2, 3), (3,)),
        ("ij,jk->ik", (0, 3), (3, 2)), ("ij,jk->ik", (2, 0), (0, 3)), ("ij,jk", (2, 3), (2, 3)), ("ij,j", (2, 3)), ("ijk", (2, 3)), ("i", (2, 3)),
        ("ij->k", (2, 3)), ("ij->ii", (2, 3)), ("i1->i", (2, 3)), ("i.j->i", (2, 3)), ("ii", (2, 3)), ("ij", (2, 3), (2, 3)), ("......", (2, 3)),
        ("i...j", (2,)), ("ij->i->j", (2, 3)),
    ]  # fmt: skip
    for (equation, *shapes), dtype in product(equations, (F32, F64, I64)):
        inputs = [sample(shape, 103 + i, dtype) for i, shape in enumerate(shapes)]
        yield case("einsum", lambda *xs: torch.einsum(equation, *xs), inputs, [equation, *map(given, range(len(inputs)))])
    dots = [
        ((2, 3), (3, 4), 1), ((2, 3), (2, 3), 2), ((2, 3), (4,), 0), ((2, 3, 4), (4, 3, 5), [[1, 2], [1, 0]]), ((2, 3), (2, 3), [[-1], [1]]),
        ((2, 3), (2, 3), [[0, 1], [0, 1]]), ((2, 1), (3, 2), [[1], [0]]), ((2, 3), (1, 2), [[1], [0]]), ((3,), (3,), 1), ((0, 3), (3, 2), 1),
        ((2, 0), (0, 2), 1), ((2, 3), (2, 3), 1), ((2, 3), (2, 3), [[1], [0]]), ((2, 3), (2, 3), [[1], [0, 1]]), ((2, 3), (2, 3), -1),
        ((2, 3), (2, 3), 3), ((2, 2), (2, 2), [[0, 0], [0, 1]]), ((2, 3), (2, 3), [[2], [0]]),
    ]  # fmt: skip
    for (a, b, dims), dtype in product(dots, (F32, F64)):
        f = lambda a, b: torch.tensordot(a, b, dims)
        yield case("tensordot", f, [sample(a, 106, dtype), sample(b, 107, dtype)], [given(0), given(1), dims])


def cases():
    return {
        "sorts": list(thinned(sorts())),
        "choices": list(thinned(choices())),
        "counts": list(thinned(counts())),
        "searches": list(thinned(searches())),
        "products": list(thinned(products())),
    }
