"""Operations: result, its dtype and the gradients of its inputs for a given gradient of the result."""

from itertools import product

import torch

from .encode import number, tensor

F32, F64, I64, BOOL = torch.float32, torch.float64, torch.int64, torch.bool
nan, inf = float("nan"), float("inf")


def sample(shape, seed, dtype, low=-3.0, high=3.0):
    """Multiples of 1/64: the same numbers in both float types, and no two close to each other's rounding."""
    g = torch.Generator().manual_seed(seed)
    if dtype == BOOL:
        return torch.rand(shape, generator=g) < 0.5
    if dtype == I64:
        return torch.randint(int(low), int(high) + 1, shape, generator=g)
    x = torch.rand(shape, generator=g, dtype=F64) * (high - low) + low
    return (torch.round(x * 64) / 64).to(dtype)


def scalar(x):
    return x if isinstance(x, (bool, int)) else number(x, F64)


def case(op, f, inputs, args=(), options=None, create_graph=False):
    """f takes the inputs. args and options are what the call in TypeScript has beside them."""
    xs = [x.clone().requires_grad_() if x.dtype.is_floating_point else x for x in inputs]
    out = {"op": op, "inputs": [tensor(x) for x in inputs]}
    if len(args):
        out["args"] = list(args)
    if options:
        out["options"] = options
    try:
        y = f(*xs)
    except (RuntimeError, IndexError, TypeError, ValueError) as e:
        return {**out, "error": str(e).split("\n")[0]}
    out["result"] = tensor(y)
    if y.grad_fn is not None:
        out["gradFn"] = y.grad_fn.name()
        g = sample(y.shape, 99, y.dtype, -2, 2)
        try:
            y.backward(g, create_graph=create_graph)
        except RuntimeError:
            return out  # a float to the power of a bool
        out["gradient"] = tensor(g)
        out["grads"] = [tensor(x.grad) if x.requires_grad and x.grad is not None else None for x in xs]
    return out


BROADCASTS = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3, 1), (1, 4)),
    ((), (2, 2)),
    ((1,), (5,)),
    ((2, 1, 3), (4, 1)),
    ((0, 3), (3,)),
    ((), ()),
]
BINARY = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "pow": torch.pow,
    "eq": torch.eq,
    "ne": torch.ne,
    "lt": torch.lt,
    "le": torch.le,
    "gt": torch.gt,
    "ge": torch.ge,
}


def binary():
    for (op, f), (a, b), dtype in product(BINARY.items(), BROADCASTS, (F32, F64)):
        x = sample(a, 1, dtype, *((0.2, 3.0) if op == "pow" else (-3.0, 3.0)))
        y = sample(b, 2, dtype)
        if op == "div":
            y = torch.where(y.abs() < 0.25, torch.full_like(y, 0.5), y)
        yield case(op, f, [x, y])
    for (op, f), (a, b) in product(BINARY.items(), product((F32, F64, I64, BOOL), repeat=2)):
        if a == b and a.is_floating_point:
            continue
        yield case(op, f, [sample((4,), 3, a, 1, 4), sample((4,), 4, b, 1, 3)])
    for (op, f), dtype, s in product(BINARY.items(), (F32, F64, I64, BOOL), (2, 0.3, -1, 0, True)):
        x = sample((4,), 5, dtype, 1, 4)
        yield case(op, lambda t, s=s: f(t, s), [x], [scalar(s)])
    for dtype, s in product((F32, F64), (2, 3, 0.5, -0.5, -1, -2, 1.5, 0, 1, 10)):
        yield case("pow", lambda t, s=s: t**s, [sample((5,), 6, dtype, 0.25, 3)], [scalar(s)])
    for dtype, s in product((F32, F64), (0, 1, 2, 3, 0.5, -1)):
        yield case(
            "pow",
            lambda t, s=s: t**s,
            [torch.tensor([0.0, -1.5, 2.0, -0.0, inf, nan], dtype=dtype)],
            [scalar(s)],
        )
    yield case("pow", torch.pow, [torch.tensor([0.0, 0.0, -2.0, 2.0]), torch.tensor([0.0, 2.0, 2.0, 0.0])])
    for dtype in (F32, F64):
        x, zero = torch.tensor([1.0, -1.0, 0.0, -0.0, inf, nan], dtype=dtype), torch.zeros(6, dtype=dtype)
        yield case("div", torch.div, [x, zero])
        yield case("mul", torch.mul, [x, zero])
        for op in ("eq", "lt", "ge", "ne"):
            yield case(op, BINARY[op], [x, zero])
            yield case(op, BINARY[op], [x, x.clone()])
    for (op, f), (a, b) in product(
        (("add", torch.add), ("lt", torch.lt)), (((2,), (3,)), ((2, 3), (2,)), ((2, 3), (3, 2)))
    ):
        yield case(op, f, [sample(a, 1, F32), sample(b, 2, F32)])


UNARY = {
    "neg": (torch.neg, -3, 3),
    "exp": (torch.exp, -3, 3),
    "log": (torch.log, 0.1, 5),
    "sqrt": (torch.sqrt, 0.1, 5),
    "abs": (torch.abs, -3, 3),
    "tanh": (torch.tanh, -3, 3),
    "relu": (torch.relu, -3, 3),
}
EDGES = [0.0, -0.0, inf, -inf, nan, -1.0, 1.0, 1e-30, 1e30, 100.0, -100.0]


def unary():
    for (op, (f, low, high)), dtype in product(UNARY.items(), (F32, F64)):
        for shape in ((7,), (2, 3), (), (0,)):
            yield case(op, f, [sample(shape, 7, dtype, low, high)])
        yield case(op, f, [torch.tensor(EDGES, dtype=dtype)])
    for (op, (f, *_)), dtype in product(UNARY.items(), (I64, BOOL)):
        yield case(op, f, [sample((4,), 8, dtype, 0, 4)])


def reductions():
    for (op, f), dtype in product((("sum", torch.sum), ("mean", torch.mean)), (F32, F64)):
        for shape in ((5,), (2, 3), (), (100,), (2, 3, 4), (0,), (0, 3)):
            yield case(op, f, [sample(shape, 9, dtype)])
        for dim, keepdim in product((0, 1, -1, -3, [0, 2], [0, 1, 2], [-1, 0]), (False, True)):
            options = {"keepdim": True} if keepdim else None
            yield case(
                op, lambda t: f(t, dim, keepdim=keepdim), [sample((2, 3, 4), 10, dtype)], [dim], options
            )
        yield case(op, lambda t: f(t, 0), [sample((0, 3), 11, dtype)], [0])
        yield case(op, lambda t: f(t, 2), [sample((2, 3), 11, dtype)], [2])
        yield case(op, lambda t: f(t, -3), [sample((2, 3), 11, dtype)], [-3])
        yield case(op, lambda t: f(t, [0, 0]), [sample((2, 3), 11, dtype)], [[0, 0]])
    for (op, f), dtype in product((("sum", torch.sum), ("mean", torch.mean)), (I64, BOOL)):
        yield case(op, f, [sample((2, 3), 12, dtype)])
        yield case(op, lambda t: f(t, 1), [sample((2, 3), 12, dtype)], [1])


def products():
    shapes = [
        ((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((1, 5), (5, 1)),
        ((4, 2, 3), (4, 3, 2)), ((4, 2, 3), (3, 2)), ((2, 3), (4, 3, 2)), ((0, 3), (3, 2)),
        ((2, 0), (0, 3)), ((4, 2, 3), (3,)),
    ]  # fmt: skip
    for (a, b), dtype in product(shapes, (F32, F64)):
        yield case("matmul", torch.matmul, [sample(a, 13, dtype), sample(b, 14, dtype)])
    yield case("matmul", torch.matmul, [sample((2, 3), 13, I64), sample((3, 2), 14, I64)])
    for (a, b), (p, q) in (
        (((2, 3), (2, 3)), (F32, F32)), (((3,), (2,)), (F32, F32)), (((2, 3), (2,)), (F32, F32)),
        (((), (3,)), (F32, F32)), (((2, 2), (2, 2)), (F32, F64)), (((2, 2), (2, 2)), (F32, I64)),
    ):  # fmt: skip
        yield case("matmul", torch.matmul, [sample(a, 13, p), sample(b, 14, q)])


def movements():
    for dtype in (F32, F64, I64, BOOL):
        for shape in ((2, 3), (3, 1), (0, 2)):
            yield case("T", lambda t: t.T, [sample(shape, 15, dtype)])
        for shape, sizes in (
            ((2, 3), [3, 2]), ((2, 3), [6]), ((2, 3), [-1, 2]), ((6,), [1, 2, 3]), ((1,), []),
            ((), [1, 1]), ((0, 3), [3, 0]), ((2, 3), [4, 2]), ((2, 3), [-1, 4]), ((2, 3), [-1, -1]),
        ):  # fmt: skip
            yield case("reshape", lambda t: t.reshape(sizes), [sample(shape, 16, dtype)], sizes)
        yield case("squeeze", lambda t: t.squeeze(), [sample((1, 3, 1), 17, dtype)])
        for dim in (0, 1, 2, -1, -3, 3):
            yield case("squeeze", lambda t: t.squeeze(dim), [sample((1, 3, 1), 17, dtype)], [dim])
        for dim in (0, 1, -1, 2, -3, 3, -4):
            yield case("unsqueeze", lambda t: t.unsqueeze(dim), [sample((2, 3), 18, dtype)], [dim])
    for (op, f), dtype in product((("cat", torch.cat), ("stack", torch.stack)), (F32, F64, I64, BOOL)):
        for dim in (0, 1, -1, -2):
            yield case(op, lambda *ts: f(ts, dim), [sample((2, 3), 19 + k, dtype) for k in range(3)], [dim])
        yield case(op, lambda *ts: f(ts), [sample((3,), 19 + k, dtype) for k in range(2)])
    yield case(
        "cat",
        lambda *ts: torch.cat(ts, 1),
        [sample((2, 1), 1, F32), sample((2, 3), 2, F32), sample((2, 0), 3, F32)],
        [1],
    )
    yield case("cat", lambda *ts: torch.cat(ts), [sample((2,), 1, F32), sample((3,), 2, I64)])
    yield case("cat", lambda *ts: torch.cat(ts), [sample((2,), 1, F32), sample((3,), 2, F64)])
    yield case("cat", lambda *ts: torch.cat(ts), [sample((2,), 1, BOOL), sample((3,), 2, I64)])
    yield case("cat", lambda *ts: torch.cat(ts), [sample((0,), 1, F32), sample((2, 3), 2, F32)])
    yield case("cat", lambda *ts: torch.cat(ts), [sample((2, 3), 1, F32), sample((2, 4), 2, F32)])
    yield case("cat", lambda *ts: torch.cat(ts), [sample((2, 3), 1, F32), sample((2,), 2, F32)])
    yield case("cat", lambda *ts: torch.cat(ts), [sample((), 1, F32), sample((), 2, F32)])
    yield case("stack", lambda *ts: torch.stack(ts), [sample((), 1, F32), sample((), 2, F32)])
    yield case("stack", lambda *ts: torch.stack(ts), [sample((2,), 1, F32), sample((3,), 2, F32)])
    yield case("stack", lambda *ts: torch.stack(ts), [sample((2,), 1, F32), sample((2,), 2, I64)])


def index(*items):
    """The items as Python takes them and as the file holds them."""

    def held(i):
        if isinstance(i, slice):
            return {"slice": [i.start, i.stop, i.step]}
        return {"index": tensor(i)} if isinstance(i, torch.Tensor) else i

    return items if len(items) != 1 else items[0], [held(i) for i in items]


def indexing():
    t = torch.tensor
    forms = [
        ((5,), (0,)), ((5,), (-1,)), ((5,), (5,)), ((5,), (-6,)), ((5,), (slice(1, 3),)),
        ((5,), (slice(None, None, 2),)), ((5,), (slice(-2, None),)),
        ((5,), (slice(3, 1),)), ((5,), (slice(None, 100),)), ((5,), (slice(1, None, 3),)),
        ((5,), (t([0, 2, 2, -1]),)), ((5,), (t([], dtype=I64),)), ((5,), (t([0, 5]),)),
        ((5,), (t([True, False, True, True, False]),)), ((5,), (t([[0, 1], [2, 0]]),)), ((3, 4), (1,)),
        ((3, 4), (1, 2)), ((3, 4), (-1, -1)), ((3, 4), (slice(0, 2), 1)),
        ((3, 4), (slice(None), slice(1, 3))), ((3, 4), (t([2, 0, 0]),)), ((3, 4), (slice(None), t([3, 3]))),
        ((3, 4), (t([0, 2]), t([1, 3]))), ((3, 4), (1, t([0, 0, 2]))),
        ((3, 4), (t([[0], [2]]), t([1, 3]))), ((3, 4), (t([True, False, True]),)), ((3, 4), (1, 2, 0)),
        ((2, 3, 4), (1, slice(None), 2)), ((2, 3, 4), (slice(None), t([0, 2]))),
        ((2, 3, 4), (t([0, 1]), slice(None), t([1, 3]))), ((2, 3, 4), (0, t([0, 2]), slice(1, 3))),
        ((2, 3, 4), (slice(None), slice(None), t([0, 0]))), ((2, 3, 4), (slice(0, 1), 1)),
        ((), (0,)), ((0, 3), (slice(None), 1)), ((3, 4), (t(1),)), ((3, 4), (t([True, False]),)),
    ]  # fmt: skip
    for (shape, items), dtype in product(forms, (F32, F64, I64)):
        python, held = index(*items)
        yield case("at", lambda x: x[python], [sample(shape, 21, dtype)], held)


def compositions():
    """Small graphs, named for the tests to build."""
    for dtype in (F32, F64):
        x, w, y = sample((10,), 31, dtype), sample((1,), 32, dtype), sample((10,), 33, dtype)
        yield case("mse", lambda x, w, y: ((x * w - y) ** 2).mean(), [x, w, y])
        yield case("shared", lambda x: (x * x + x) * x.exp() + x, [x])
        a, b, c = sample((4, 3), 34, dtype), sample((3, 2), 35, dtype), sample((2,), 36, dtype)
        yield case("layer", lambda a, b, c: (a @ b + c).tanh().sum(), [a, b, c])
        yield case("cubic", lambda x: x**3 + 4 * x + 1, [torch.tensor(3.0, dtype=dtype)])
        yield case("reversed", lambda x: 2 - x + 3 / (x + 5), [x])
        yield case("softmax", lambda a: a.exp() / a.exp().sum(1, keepdim=True), [a])


def cases():
    return {
        "binary": list(binary()),
        "unary": list(unary()),
        "reductions": list(reductions()),
        "products": list(products()),
        "movements": list(movements()),
        "indexing": list(indexing()),
        "compositions": list(compositions()),
    }
