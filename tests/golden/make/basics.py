"""What other operations are made of: choosing between two, mixing, views, copies, conversions and overwriting."""

from itertools import product

import torch

from .movement import given, method
from .ops import BOOL, BROADCASTS, F32, F64, I64, case, inf, nan, sample, scalar

DTYPES = (F32, F64, I64, BOOL)
EDGES = [nan, inf, -inf, 0.0, -0.0, 1.0, -1.5, 1e-30]
t = torch.tensor


def of_inputs(op, f, inputs):
    """A call of the first input, or of the function, with the others."""
    return case(op, f, inputs, [given(i) for i in range(0 if op == "where" else 1, len(inputs))])


def signs():
    for dtype in (F32, F64):
        for shape in ((5,), (2, 3), (), (0, 3)):
            yield case("sign", torch.sign, [sample(shape, 201, dtype)])
        yield case("sign", torch.sign, [t(EDGES, dtype=dtype)])
    for dtype in (I64, BOOL):
        yield case("sign", torch.sign, [sample((6,), 202, dtype)])


def larger():
    for (op, f), dtype in product({"maximum": torch.maximum, "minimum": torch.minimum}.items(), (F32, F64)):
        for a, b in BROADCASTS:
            yield of_inputs(op, f, [sample(a, 203, dtype), sample(b, 204, dtype)])
        a, b = torch.meshgrid(t(EDGES, dtype=dtype), t(EDGES, dtype=dtype), indexing="ij")
        yield of_inputs(op, f, [a, b])
        yield of_inputs(op, f, [t([1, 2, 2], dtype=dtype), t([[2], [1]], dtype=dtype)])
        yield of_inputs(op, f, [sample((2,), 1, dtype), sample((3,), 1, dtype)])
    for (op, f), (a, b) in product({"maximum": torch.maximum, "minimum": torch.minimum}.items(), product(DTYPES, repeat=2)):
        if a != b or not a.is_floating_point:
            yield of_inputs(op, f, [sample((4,), 205, a), sample((4,), 206, b)])


def choices():
    masks = [t([[True, False, True], [False, False, True]]), t([True, False, True]), t([[True], [False]]), t(True), t(False)]
    for mask, (a, b), dtype in product(masks, (((2, 3), (2, 3)), ((3,), (2, 1)), ((), (2, 3))), (F32, F64)):
        yield of_inputs("where", torch.where, [mask, sample(a, 207, dtype), sample(b, 208, dtype)])
    for a, b in product(DTYPES, repeat=2):
        yield of_inputs("where", torch.where, [masks[1], sample((3,), 209, a), sample((3,), 210, b)])
    for dtype, value in product(DTYPES, (2, 1.5, -inf, nan)):
        x = sample((2, 3), 211, dtype)
        yield case("where", lambda c, a: torch.where(c, a, value), [masks[0], x], [given(0), given(1), scalar(value)])
        yield case("where", lambda c, a: torch.where(c, value, a), [masks[0], x], [given(0), scalar(value), given(1)])
    for dtype in (F32, F64):
        # What is not chosen leaves no trace, be it NaN.
        edges = t(EDGES, dtype=dtype)
        yield of_inputs("where", torch.where, [edges > 0, edges, edges.flip(0)])
        yield of_inputs("where", torch.where, [t([], dtype=BOOL), t([], dtype=dtype), t([1.0], dtype=dtype)])
        yield of_inputs("where", torch.where, [t([True, False]), sample((3,), 1, dtype), sample((3,), 1, dtype)])


def mixtures():
    for (a, b), dtype in product(BROADCASTS, (F32, F64)):
        x, y, z = sample(a, 212, dtype), sample(b, 213, dtype), sample(b, 214, dtype)
        for op, f in (("addcmul", torch.addcmul), ("lerp", torch.lerp)):
            yield of_inputs(op, f, [x, y, z])
            yield of_inputs(op, f, [y, x, z])
    for dtypes in product((F32, F64, I64), repeat=3):
        yield of_inputs("addcmul", torch.addcmul, [sample((4,), 215 + i, dtype) for i, dtype in enumerate(dtypes)])
    for dtype, weight in product((F32, F64), (0, 0.25, 0.5, 0.7, 1, -1, 2, inf)):
        x, y = sample((6,), 218, dtype), sample((6,), 219, dtype)
        yield case("lerp", lambda a, b: torch.lerp(a, b, weight), [x, y], [given(1), scalar(weight)])
    for dtype in (F32, F64):
        edges = t(EDGES, dtype=dtype)
        a, b = torch.meshgrid(edges, edges, indexing="ij")
        yield of_inputs("addcmul", torch.addcmul, [a, b, b.flip(0)])
        yield of_inputs("lerp", torch.lerp, [a, b, t(0.5, dtype=dtype)])


def views():
    forms = {
        "permute": ("permute", [
            ((2, 3), [1, 0]), ((2, 3, 4), [2, 0, 1]), ((2, 3, 4), [[-1, 0, 1]]), ((2, 0, 3), [1, 2, 0]), ((), [[]]), ((3,), [0]),
            ((2, 3), [0, 0]), ((2, 3), [0]), ((2, 3), [0, 2]),
        ]),
        "transpose": ("transpose", [
            ((2, 3), [0, 1]), ((2, 3, 4), [-1, 0]), ((2, 3, 4), [1, 2]), ((2, 3), [1, 1]), ((0, 3), [0, -1]), ((), [0, -1]), ((2, 3), [0, 2]),
        ]),
        "t": ("t", [((2, 3), []), ((3, 1), []), ((3,), []), ((), []), ((0, 2), []), ((2, 0), []), ((2, 3, 4), [])]),
        "expand": ("expand", [
            ((3,), [2, 3]), ((2, 1), [2, 3]), ((2, 1), [[-1, 4]]), ((), [4]), ((1,), [0]), ((1, 3), [2, -1, 3]), ((2, 3), [2, -1]),
            ((2, 3), [3]), ((2, 3), [4, 3]), ((3,), [-1, 3]),
        ]),
        "flatten": ("flatten", [
            ((2, 3), []), ((2, 3, 4), []), ((3,), []), ((), []), ((0, 2), []), ((1, 1), []),
            ((2, 3, 4), [1]), ((2, 3, 4), [0, 1]), ((2, 3, 4), [-2, -1]), ((2, 3), [1, 1]), ((2, 0, 3), [1]), ((), [0, -1]),
            ((2, 3), [1, 0]), ((2, 3), [2]), ((), [1]),
        ]),
        "narrow": ("narrow", [
            ((5,), [0, 1, 3]), ((2, 5), [1, 0, 2]), ((2, 5), [-1, 4, 1]), ((2, 3, 4), [-2, 1, 2]), ((5,), [0, 5, 0]), ((0, 3), [0, 0, 0]),
            ((5,), [0, -2, 2]), ((5,), [0, 3, 3]), ((5,), [0, 6, 0]), ((5,), [0, 0, -1]), ((5,), [1, 0, 1]), ((), [0, 0, 1]),
        ]),
        "select": ("select", [
            ((5,), [0, 2]), ((2, 3), [1, 0]), ((2, 3), [0, -1]), ((2, 3, 4), [-2, 1]), ((2, 0), [0, 1]), ((2, 3), [0, 2]), ((2, 3), [0, -3]),
            ((2, 3), [2, 0]), ((), [0, 0]), ((0, 3), [0, 0]),
        ]),
        "clone": ("clone", [((5,), []), ((2, 3), []), ((), []), ((0, 3), [])]),
        "sumToSize": ("sum_to_size", [
            ((2, 3), [[3]]), ((2, 3), [[1, 3]]), ((2, 3), [[2, 1]]), ((2, 3), [[]]), ((4, 2, 3), [[2, 1]]), ((2, 3), [[1, 1]]),
            ((2, 3), [[2, 3]]), ((0, 3), [[1, 3]]), ((2, 3), [[2]]), ((2, 3), [[4, 2, 3]]),
        ]),
    }  # fmt: skip
    for (op, (name, calls)), dtype in product(forms.items(), DTYPES):
        for shape, args in calls:
            if op == "sumToSize" and dtype == BOOL:
                continue  # Counts there, as `sum` does, but a bool where nothing is summed.
            yield method(op, name, [sample(shape, 221, dtype)], args)


def selected():
    forms = [
        ((5,), 0, t([0, 4, 4])), ((2, 3), 0, t([1, 0, 1])), ((2, 3), 1, t([2, 2])), ((2, 3, 2), -2, t([0, 2])), ((2, 3), 0, t([], dtype=I64)),
        ((0, 3), 1, t([1])), ((2, 3), 0, t([[0]])), ((2, 3), 0, t([2])), ((2, 3), 0, t([-1])), ((2, 3), 2, t([0])), ((5,), 0, t([0.0])),
        ((2, 3), 1, t(2)),
    ]  # fmt: skip
    for (shape, dim, places), dtype in product(forms, DTYPES):
        yield method("indexSelect", "index_select", [sample(shape, 222, dtype), places], [dim, given(1)])


def conversions():
    names = {"float32": F32, "float64": F64, "int64": I64, "bool": BOOL}
    for dtype, (name, to) in product(DTYPES, names.items()):
        if dtype == to:
            continue  # The very tensor, which has its own gradient.
        for shape in ((5,), (2, 3), (), (0,)):
            yield case("to", lambda x: x.to(to), [sample(shape, 223, dtype)], [name])
    for dtype, (name, to) in product((F32, F64), names.items()):
        if dtype != to and to != I64:
            yield case("to", lambda x: x.to(to), [t([*EDGES, 1e300, 1e-300], dtype=F64).to(dtype)], [name])
    yield case("to", lambda x: x.to(I64), [t([1.9, -1.9, 0.5, -0.0, 2.0**52, -3.0], dtype=F64)], ["int64"])


def overwritten():
    """Without recording, where the library refuses them."""
    zero, fill, copy = torch.Tensor.zero_, torch.Tensor.fill_, torch.Tensor.copy_
    unrecorded = lambda f: lambda x, *rest: f(x.detach().clone(), *(y.detach() for y in rest))
    for shape, dtype in product(((4,), (2, 3), (), (0,)), DTYPES):
        x = sample(shape, 224, dtype)
        yield case("zero_", unrecorded(zero), [x])
        for value in (3, -1.5):
            yield case("fill_", unrecorded(lambda y: fill(y, value)), [x], [scalar(value)])
    for value, dtype in product((inf, nan), (F32, F64)):
        yield case("fill_", unrecorded(lambda y: fill(y, value)), [sample((3,), 224, dtype)], [scalar(value)])
    for (a, b), dtype in product((((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 3), ()), ((0, 3), (3,)), ((2, 3), (2,)), ((3,), (2, 3))), DTYPES):
        yield case("copy_", unrecorded(copy), [sample(a, 225, dtype), sample(b, 226, dtype)], [given(1)])
    for a, b in product(DTYPES, repeat=2):
        yield case("copy_", unrecorded(copy), [sample((5,), 227, a), sample((5,), 228, b)], [given(1)])


def cases():
    return {
        "signs": list(signs()),
        "larger": list(larger()),
        "choices": list(choices()),
        "mixtures": list(mixtures()),
        "views": list(views()),
        "selected": list(selected()),
        "conversions": list(conversions()),
        "overwritten": list(overwritten()),
    }
