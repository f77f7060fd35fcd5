"""Inverses, solutions of linear equations and determinants: results and the gradients of the matrices."""

from itertools import product

import torch

from .ops import F32, F64, I64, case, inf, nan, sample

L = torch.linalg

# The sign has no gradient, though PyTorch says that it needs one.
DETERMINANTS = (
    ("det", L.det),
    ("slogdet.sign", lambda x: L.slogdet(x).sign.detach()),
    ("slogdet.logabsdet", lambda x: L.slogdet(x).logabsdet),
    ("logdet", torch.logdet),
)
SHAPES = ((1, 1), (2, 2), (3, 3), (4, 4), (7, 7), (3, 2, 2), (2, 2, 3, 3), (0, 0), (3, 0, 0), (0, 2, 2))
WRONG = ((), (3,), (2, 3), (2, 3, 2))


def regular(shape, seed, dtype):
    """Matrices whose rows elimination must swap."""
    n = shape[-1]
    return sample(shape, seed, dtype) + 4 * torch.eye(n, dtype=dtype).roll(1, -1)


def known(dtype):
    t = lambda x: torch.tensor(x, dtype=dtype)
    yield t([[0.0, 1.0], [1.0, 2.0]])
    yield t([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    yield t([[1.0, 0.5, 0.25], [0.5, 0.25, 0.2], [0.25, 0.2, 0.125]])
    yield t([[2.0, 0.0], [0.0, -0.5]])
    yield t([[nan, 1.0], [1.0, 2.0]])


def singular(dtype):
    t = lambda x: torch.tensor(x, dtype=dtype)
    yield t([[0.0]])
    yield t([[1.0, 2.0], [2.0, 4.0]])
    yield t([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]])
    yield torch.zeros((3, 3), dtype=dtype)
    yield t([[[1.0, 2.0], [2.0, 4.0]], [[1.0, 2.0], [3.0, 5.0]]])


def inverses():
    for dtype in (F32, F64):
        for shape in SHAPES:
            yield case("inv", L.inv, [regular(shape, 1, dtype)])
        for x in (*known(dtype), *singular(dtype)):
            yield case("inv", L.inv, [x])
        for shape in WRONG:
            yield case("inv", L.inv, [sample(shape, 2, dtype)])
    yield case("inv", L.inv, [torch.eye(2, dtype=I64)])


def solutions():
    shapes = (
        ((2, 2), (2,)), ((3, 3), (3, 2)), ((7, 7), (7, 1)), ((3, 2, 2), (3, 2)), ((3, 2, 2), (2,)), ((2, 2, 2), (2, 2)),
        ((3, 2, 2), (2, 5)), ((3, 2, 2), (1, 2, 3)), ((1, 2, 2), (4, 2, 3)), ((2, 2), (3, 2, 2)), ((2, 1, 2, 2), (3, 2, 1)),
        ((1, 2, 2), (2,)), ((0, 0), (0,)), ((0, 0), (0, 3)), ((2, 2), (2, 0)), ((0, 2, 2), (0, 2)), ((0, 2, 2), (2, 3)),
        # These do not fit.
        ((2, 2), (3,)), ((2, 2), (3, 2)), ((3, 2, 2), (1, 2)), ((3, 2, 2), (4, 2, 5)), ((2, 3), (2,)), ((2,), (2,)), ((2, 2), ()),
        ((2, 2), (5, 2)), ((4, 1, 2, 2), (3, 2)),
    )
    for dtype in (F32, F64):
        for a, b in shapes:
            square = len(a) > 1 and a[-1] == a[-2]
            yield case("solve", L.solve, [regular(a, 3, dtype) if square else sample(a, 3, dtype), sample(b, 4, dtype)])
        for x in (*known(dtype), *singular(dtype)):
            yield case("solve", L.solve, [x, sample(x.shape[-1:], 5, dtype)])
    for a, b in ((F32, F64), (F32, I64), (I64, I64)):
        yield case("solve", L.solve, [torch.eye(2, dtype=a), torch.ones(2, dtype=b)])


def determinants():
    for (op, f), dtype in product(DETERMINANTS, (F32, F64)):
        for shape in SHAPES:
            yield case(op, f, [regular(shape, 6, dtype)])
        for x in (*known(dtype), torch.tensor([[inf, 1.0], [1.0, 2.0]], dtype=dtype)):
            yield case(op, f if x.isfinite().all() else lambda x: f(x).detach(), [x])
        for shape in WRONG:
            yield case(op, f, [sample(shape, 7, dtype)])
        if op == "det":
            # Without create_graph PyTorch's gradient is 0.
            for x in singular(dtype):
                yield case(op, f, [x], create_graph=True)
    for op, f in DETERMINANTS:
        yield case(op, f, [torch.eye(2, dtype=I64)])
        # Of singular matrices only the values: a gradient there is none.
        for x in singular(F64):
            yield case(op, lambda x: f(x).detach(), [x])


def cases():
    return {"inverses": list(inverses()), "solutions": list(solutions()), "determinants": list(determinants())}
