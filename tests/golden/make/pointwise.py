"""Pointwise operations beyond those of ops.py: result and gradients over dtypes, broadcasts and edge values."""

from itertools import product

import torch
import torch.nn.functional as F

from .ops import BOOL, BROADCASTS, F32, F64, I64, case, inf, nan, sample, scalar

EDGES = [nan, inf, -inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -1.5, -2.5, 1e-30, -1e-30, 1e30, -1e30, 100.0, -100.0]

# The operation and the range of what it is sampled on.
UNARY = {
    "sin": (torch.sin, -7, 7),
    "cos": (torch.cos, -7, 7),
    "tan": (torch.tan, -1.4, 1.4),
    "asin": (torch.asin, -0.9, 0.9),
    "acos": (torch.acos, -0.9, 0.9),
    "atan": (torch.atan, -3, 3),
    "sinh": (torch.sinh, -3, 3),
    "cosh": (torch.cosh, -3, 3),
    "square": (torch.square, -3, 3),
    "reciprocal": (torch.reciprocal, 0.25, 3),
    "rsqrt": (torch.rsqrt, 0.25, 3),
    "expm1": (torch.expm1, -3, 3),
    "log1p": (torch.log1p, -0.9, 3),
    "log2": (torch.log2, 0.1, 9),
    "log10": (torch.log10, 0.1, 9),
    "erf": (torch.erf, -4, 4),
    "floor": (torch.floor, -3, 3),
    "ceil": (torch.ceil, -3, 3),
    "round": (torch.round, -3, 3),
    "trunc": (torch.trunc, -3, 3),
    "isnan": (torch.isnan, -3, 3),
    "isinf": (torch.isinf, -3, 3),
    "isfinite": (torch.isfinite, -3, 3),
    "logicalNot": (torch.logical_not, -1, 1),
    "sigmoid": (torch.sigmoid, -9, 9),
    "leakyRelu": (F.leaky_relu, -3, 3),
    "elu": (F.elu, -3, 3),
    "gelu": (F.gelu, -5, 5),
    "geluTanh": (lambda t: F.gelu(t, approximate="tanh"), -5, 5),
    "silu": (F.silu, -9, 9),
    "softplus": (F.softplus, -30, 30),
}


def unary():
    for (op, (f, low, high)), dtype in product(UNARY.items(), (F32, F64)):
        for seed, shape in enumerate(((5,), (2, 3), (), (0, 3), (40,))):
            yield case(op, f, [sample(shape, 61 + seed, dtype, low, high)])
        # PyTorch's vectors of elu and of float32 gelu treat NaN and infinity by what is beside them.
        left_out = 1 if op == "elu" else 3 if op == "gelu" and dtype == F32 else 0
        yield case(op, f, [torch.tensor(EDGES[left_out:], dtype=dtype)])
        yield case(op, f, [torch.linspace(low, high, 19, dtype=dtype)])
    for (op, (f, *_)), dtype in product(UNARY.items(), (I64, BOOL)):
        yield case(op, f, [sample((5,), 66, dtype)])
        yield case(op, f, [torch.tensor(1, dtype=dtype)])
    for dtype in (F32, F64):
        halves = torch.arange(-7, 8, dtype=dtype) / 2
        for op in ("floor", "ceil", "round", "trunc"):
            yield case(op, UNARY[op][0], [halves])


BINARY = {
    "atan2": torch.atan2,
    "fmod": torch.fmod,
    "remainder": torch.remainder,
    "logicalAnd": torch.logical_and,
    "logicalOr": torch.logical_or,
    "logicalXor": torch.logical_xor,
}
BITWISE = {"bitwiseAnd": torch.bitwise_and, "bitwiseOr": torch.bitwise_or, "bitwiseXor": torch.bitwise_xor}


def binary():
    for (op, f), (a, b), dtype in product(BINARY.items(), BROADCASTS, (F32, F64)):
        y = sample(b, 2, dtype)
        yield case(op, f, [sample(a, 1, dtype, -9, 9), torch.where(y == 0, torch.ones_like(y), y)])
    for (op, f), (a, b) in product(BINARY.items(), product((F32, F64, I64, BOOL), repeat=2)):
        yield case(op, f, [sample((4,), 3, a, -9, 9), sample((4,), 4, b, 1, 3)])
    edges = torch.tensor([nan, inf, -inf, 0.0, -0.0, 1.0, -1.5, 7.0])
    for (op, f), dtype in product(BINARY.items(), (F32, F64)):
        a, b = torch.meshgrid(edges.to(dtype), edges.to(dtype), indexing="ij")
        yield case(op, f, [a, b])
    for op, dtype, s in product(("fmod", "remainder"), (F32, F64, I64), (2, -2, 0.7, -0.3, 0, inf)):
        yield case(op, lambda t, s=s: BINARY[op](t, s), [sample((6,), 5, dtype, -9, 9)], [scalar(s)])
    wide = torch.tensor([3, -1, 0, 2**40 + 5, -(2**45) - 77, 2**31, -(2**31), 2**52 + 1])
    for op, f in BITWISE.items():
        for a, b in product((I64, BOOL), repeat=2):
            yield case(op, f, [sample((2, 3), 6, a, -9, 9), sample((3,), 7, b, -9, 9)])
        yield case(op, f, [wide[:, None], wide])
        yield case(op, lambda t: f(t, 6), [sample((4,), 8, I64, -9, 9)], [6])
        yield case(op, f, [sample((3,), 6, F32), sample((3,), 7, I64)])
        yield case(op, f, [torch.zeros(0, dtype=I64), torch.zeros(1, dtype=I64)])
    for t in (wide, sample((3,), 9, BOOL), torch.tensor(5), torch.zeros(0, dtype=I64), sample((3,), 9, F32), sample((2, 2), 9, I64), sample((2, 1, 3), 9, I64)):
        yield case("bitwiseNot", torch.bitwise_not, [t])


SHIFTS = {"bitwiseLeftShift": torch.bitwise_left_shift, "bitwiseRightShift": torch.bitwise_right_shift}


def shifts():
    """Only what int64 in doubles can hold: results to 2⁵³."""
    t = torch.tensor
    left = t([1, -1, 3, -5, 0, 1, -1, 2**31, -(2**31) + 1, 7, 2**40 + 5, -7]), t([3, 52, 1, 7, 40, 31, 32, 21, 20, 0, 12, 64])
    right = (
        t([8, -8, 7, -7, -1, 1, 2**40 + 5, -(2**45) - 77, 2**52 + 1, -(2**53) + 1, 2**53 - 1, -1]),
        t([1, 1, 1, 1, 60, 60, 3, 33, 52, 20, 0, 62]),
    )
    for (op, f), (a, by) in zip(SHIFTS.items(), (left, right)):
        yield case(op, f, [a, by])
        yield case(op, f, [a[-1], by[2:5:2]])
        yield case(op, f, [a[:2, None], by[2:5] % 8])
        # A shift to the left by 63 leaves a bit that is beyond.
        beyond = [64, 70, -1, -64, 1000, -(2**40), 2**40, 65, -2, 64, 64, 64]
        yield case(op, f, [a, t(beyond)])
        for by in (2, 0, -1, 64, True, 1.5):
            yield case(op, lambda v: f(v, by), [sample((5,), 8, I64, -9, 9)], [scalar(by)])
            yield case(op, lambda v: f(v, by), [sample((5,), 8, BOOL)], [scalar(by)])
        for dtypes in product((F32, F64, I64, BOOL), repeat=2):
            yield case(op, f, [sample((2, 3), 6, dtypes[0], -9, 9), sample((3,), 7, dtypes[1], 0, 9)])
        yield case(op, f, [torch.zeros(0, dtype=I64), torch.zeros(1, dtype=I64)])
        yield case(op, f, [t([1, 2]), t([1, 2, 3])])


def limits():
    t = torch.tensor
    pairs = ((-1, 1), (0.5, 2), (2, -1), (-inf, 0), (nan, 1), (0, inf))
    for dtype, (low, high) in product((F32, F64, I64), pairs):
        x = t([-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0]).to(dtype)
        if dtype == I64 and (low != low or inf in (low, -low, high)):
            continue
        args = [scalar(low), scalar(high)]
        yield case("clamp", lambda v: v.clamp(low, high), [x], args)
        if low == low:  # A lower limit of NaN alone is ignored.
            yield case("clamp", lambda v: v.clamp(low), [x], args[:1])
        yield case("clamp", lambda v: v.clamp(max=high), [x], [None, args[1]])
    for dtype in (F32, F64):
        yield case("clamp", lambda v: v.clamp(-1, 1), [t(EDGES, dtype=dtype)], [-1, 1])
        for (a, b), c in product(BROADCASTS, ((), (3,))):
            try:
                torch.broadcast_shapes(a, b, c)
            except RuntimeError:
                continue
            yield case("clamp", torch.clamp, [sample(a, 1, dtype), sample(b, 2, dtype), sample(c, 3, dtype)])
            yield case("clamp", torch.clamp, [sample(a, 1, dtype), sample(b, 2, dtype)])
        x = t([0.0, 1.0, 2.0, 1.0, 1.0, 3.0, nan], dtype=dtype)
        low, high = t([0.0, 1.0, 3.0, 2.0, 0.0, 1.0, 0.0], dtype=dtype), t([1.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0], dtype=dtype)
        yield case("clamp", torch.clamp, [x, low, high])
        yield case("clamp", torch.clamp, [x, low])
    for args in ([0, 1], [True, True], [0.5, 2]):
        yield case("clamp", lambda v: v.clamp(*args), [sample((4,), 4, BOOL)], args)
    yield case("clamp", torch.clamp, [sample((4,), 4, I64), sample((4,), 5, F64), sample((4,), 6, F32)])
    yield case("clamp", lambda v: v.clamp(), [sample((4,), 4, F32)])


def options():
    for dtype in (F32, F64):
        x = torch.cat([sample((20,), 71, dtype, -9, 9), torch.tensor([0.0, -0.0, nan, inf, -inf], dtype=dtype)])
        for slope in (0.2, 0, -1.5, 1):
            yield case("leakyRelu", lambda v: F.leaky_relu(v, slope), [x], [slope])
            yield case("elu", lambda v: F.elu(v, slope), [x[~x.isnan()]], [slope])
        for beta, threshold in ((2, 20), (0.5, 1), (3, 0), (1, -5), (10, 20)):
            f = lambda v: F.softplus(v, beta, threshold)
            yield case("softplus", f, [x], [beta, threshold])
        yield case("softplus", lambda v: F.softplus(v, 2), [x], [2])
        for approximate in ("none", "tanh"):
            f = lambda v: F.gelu(v, approximate=approximate)
            yield case("gelu", f, [sample((20,), 72, dtype, -6, 6)], [], {"approximate": approximate})
    yield case("gelu", lambda v: F.gelu(v, approximate="x"), [sample((2,), 1, F32)], [], {"approximate": "x"})


def addcdivs():
    for (a, b), dtype in product(BROADCASTS, (F32, F64)):
        c = sample(b, 12, dtype, 0.25, 3)
        yield case("addcdiv", torch.addcdiv, [sample(a, 10, dtype), sample(b, 11, dtype), c])
        yield case("addcdiv", torch.addcdiv, [sample(b, 11, dtype), sample(a, 10, dtype), c])
    for dtypes in product((F32, F64, I64), repeat=3):
        yield case("addcdiv", torch.addcdiv, [sample((4,), 13, d, 1, 4) for d in dtypes])
    edges = torch.tensor([nan, inf, -inf, 0.0, -0.0, 2.0])
    yield case("addcdiv", torch.addcdiv, [torch.zeros(6, 6), edges[:, None].expand(6, 6), edges.expand(6, 6)])


def decimals():
    edges = [1.2345, -2.5678, 125.0, 1350.0, 0.5, 2.675, 0.15, -0.25, inf, -inf, nan, 0.0, -0.0, 1e30, -0.04, 5e-9, 3e38, -1e-30]
    for dtype, d in product((F32, F64), (0, 1, 2, 3, 7, -1, -2, -5, 25, 40, -40, 400)):
        f = lambda v: torch.round(v, decimals=d)
        yield case("round", f, [torch.tensor(edges, dtype=dtype)], [], {"decimals": d})
        yield case("round", f, [sample((4, 9), 73, F64, -200, 200).mul(1.01).to(dtype)], [], {"decimals": d})
    for shape in ((), (0, 3)):
        yield case("round", lambda v: torch.round(v, decimals=2), [sample(shape, 74, F32)], [], {"decimals": 2})
    for dtype, d in product((I64, BOOL), (0, 1, -1)):
        yield case("round", lambda v: torch.round(v, decimals=d), [sample((3,), 75, dtype)], [], {"decimals": d})
    yield case("round", lambda v: torch.round(v, decimals=1.5), [sample((3,), 75, F32)], [], {"decimals": scalar(1.5)})


def powers():
    """By an exponent that is a number, for some of which PyTorch has other formulas, and by the same one as a tensor."""
    edges = [nan, inf, -inf, 0.0, -0.0, 1.0, -1.0, 1.5, -1.5, 1e20, -1e20, 1e-20, -1e-20, 1e-25]
    far = [1e160, -1e160, 1e-160, -1e-160]
    for dtype, e in product((F32, F64), (0.5, -0.5, -1, -2, 2, 3, 1, 0, 1.5, -3, inf, -inf, nan)):
        x = torch.tensor(edges + (far if dtype == F64 else []), dtype=dtype)
        yield case("pow", lambda t: t**e, [x], [scalar(e)])
        yield case("pow", torch.pow, [x, torch.full_like(x, e)])
        yield case("pow", torch.pow, [x, torch.tensor(e, dtype=dtype)])
        yield case("pow", torch.pow, [x[2], torch.tensor(e, dtype=dtype)])
        yield case("pow", lambda t: t**e, [x[4]], [scalar(e)])
        yield case("pow", torch.pow, [x[4], torch.tensor(e, dtype=dtype)])
    for e in (2, 3, -2):
        yield case("pow", torch.pow, [torch.tensor(edges), torch.full((14,), e)])


def cases():
    return {
        "unary": list(unary()),
        "binary": list(binary()),
        "limits": list(limits()),
        "options": list(options()),
        "addcdivs": list(addcdivs()),
        "decimals": list(decimals()),
        "powers": list(powers()),
        "shifts": list(shifts()),
    }
