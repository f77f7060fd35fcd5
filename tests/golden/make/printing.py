"""Printed tensors of every kind."""

from math import prod

import torch

from .encode import name, ramp, tensor

F32, F64, I64, BOOL = torch.float32, torch.float64, torch.int64, torch.bool
nan, inf = float("nan"), float("inf")

FLOATS = [
    [1.0], [1.0, 2.0], [0.0], [-0.0], [-0.0, 1.0], [0.5, 100.0], [1.5, -2.25], [1e-5, 1.0], [1e-4, 0.1],
    [9.9e-5], [1000.0, 1.0], [1001.0, 1.0],
    [1e8, 1e6], [1.1e8], [123456789.0], [99999999.0, 1e5], [1e5 + 0.5], [0.03125, 0.5], [0.00005, 0.5],
    [0.00015, 0.05], [2.00005, 1.0],
    [nan], [inf, -inf], [nan, 1.0], [nan, 1.5], [inf, 1.0, 2.5], [-inf, 1e-5], [nan, 0.0], [1e20], [1e22],
    [-1e30, 1.0], [3.4e38, 1e-45],
    [0.1 + 0.2, 1 / 3], [1e-10, 1e10], [-1.0, -2.0, -3.0], [-1.5, 22.25, 333.125], [12345.678, 23.4],
    [0.1, 0.12, 0.123, 0.1234, 0.12345, 0.123456],
    [125.125, 1e6], [8.00005, 0.5], [999.9999], [999.99999], [0.99999, 0.99995], [-0.00001, 0.1], [2.5, 3.5],
    [1e3, 1e0, 0.0, nan], [1e5, 0.0], [5e-324, 1.0],
]  # fmt: skip
INTS = [[0], [1, 2, 3], [-1, 10], [2**53 - 1, 0], [1000000, 1], [-5], [-0], [7, -100, 23456]]


def case(t, default=F32, **options):
    torch.set_default_dtype(default)
    torch.set_printoptions(profile="default")
    torch.set_printoptions(**options)
    text = repr(t)
    torch.set_printoptions(profile="default")
    torch.set_default_dtype(F32)
    out = {"text": text}
    if t.numel() > 60:
        out["tensor"] = {"dtype": name(t.dtype), "shape": list(t.shape), **t.recipe}
    else:
        out["tensor"] = tensor(t)
    if t.requires_grad and t.grad_fn is None:
        out["requiresGrad"] = True
    if t.grad_fn is not None:
        out["gradFn"] = t.grad_fn.name()
    if default != F32:
        out["defaultDtype"] = name(default)
    if options:
        out["options"] = {
            "".join(p.capitalize() if i else p for i, p in enumerate(k.split("_"))): v
            for k, v in options.items()
        }
    return out


def big(shape, dtype, seed=3, scale=1.0):
    """A tensor that the file names instead of holding: ramp · scale, or its truncation, or its sign."""
    x = ramp(prod(shape), seed, F64) * scale
    t = (x > 0 if dtype == BOOL else x.trunc().to(I64) if dtype == I64 else x.to(dtype)).reshape(shape)
    t.recipe = {"ramp": seed, "scale": scale}
    return t


def grads():
    def leaf(*shape):
        return torch.ones(shape).requires_grad_()

    yield torch.tensor([1.0, 2.0], requires_grad=True)
    yield torch.tensor(3.0, requires_grad=True)
    yield torch.tensor([1.0, 2.0], dtype=F64, requires_grad=True)
    yield leaf(2, 2) + 1
    yield leaf(2, 2).sum()
    yield leaf(2).double() * 2
    yield leaf(13) + 1
    for n in range(4, 16):
        yield leaf(n) * 1.5
    yield (leaf(30) / 3).exp()
    yield leaf(3, 4) @ leaf(4, 2)
    yield (leaf(10, 2).double() / 7).mean(0)
    yield torch.empty(0, requires_grad=True)
    yield torch.empty(0, 3, dtype=F64, requires_grad=True)


def tensors():
    for x in FLOATS:
        for dtype in (F32, F64):
            yield case(torch.tensor(x, dtype=dtype))
    for x in (1.0, -1.5, 0.0, -0.0, nan, inf, -inf, 1e-7, 123456.0, 1e9, 0.1, 2.00005, 3.14159265):
        yield case(torch.tensor(x))
        yield case(torch.tensor(x, dtype=F64))
    for x in INTS:
        yield case(torch.tensor(x))
        yield case(torch.tensor(x[0]))
    for x in ([True], [False, True], [[True, False], [False, False]]):
        yield case(torch.tensor(x))
    yield case(torch.tensor(True))
    for shape in ((0,), (0, 3), (3, 0), (2, 0, 4)):
        for dtype in (F32, F64, I64, BOOL):
            yield case(torch.empty(shape, dtype=dtype))
            yield case(torch.empty(shape, dtype=dtype), F64)
    for x in ([1.0, 2.5], [1.0]):
        for dtype in (F32, F64):
            yield case(torch.tensor(x, dtype=dtype), F64)
    yield case(torch.tensor([1, 2]), F64)
    for shape in (
        (2, 2),
        (3, 1),
        (1, 3),
        (2, 2, 2),
        (1, 1, 1),
        (2, 1, 3, 2),
        (5, 11),
        (4, 15),
        (3, 20),
        (1, 30),
        (2, 2, 2, 2, 2),
    ):
        for dtype in (F32, F64, I64, BOOL):
            yield case(
                (
                    big(shape, dtype, scale=0.001)
                    if dtype != I64
                    else torch.arange(prod(shape)).reshape(shape)
                ).clone()
            )
    for n in (9, 10, 11, 12, 13, 26, 27):
        yield case(torch.arange(n) * 1.0)
        yield case(torch.arange(n) * 0.25)
        yield case(torch.arange(n) * 0.25 - 1)
        yield case(torch.arange(n, dtype=F64) * 1.0)
        yield case(torch.arange(n))
        yield case(torch.arange(n) > 5)
    for shape in (
        (1000,),
        (1001,),
        (10, 101),
        (101, 10),
        (6, 200),
        (7, 200),
        (200, 7),
        (2, 600),
        (5, 15, 15),
        (11, 3, 40),
        (8, 8, 8, 8),
        (1500, 1),
        (1, 1500),
    ):
        yield case(big(shape, F32, scale=0.001))
        yield case(big(shape, I64))
    for shape in ((1001,), (40, 40)):
        for dtype in (F64, BOOL):
            yield case(big(shape, dtype, scale=0.001))
        yield case(big(shape, F32))
        yield case(big(shape, F32, scale=1e-6))
    for t in grads():
        yield case(t)


def with_options():
    a = torch.tensor([1.0, 2.5, -3.14159265, 100.03125])
    whole = torch.tensor([1.0, 2.0, 1e6])
    for precision in (0, 1, 2, 3, 6, 10, 15, 20):
        yield case(a, precision=precision)
        yield case(a.double(), precision=precision)
        yield case(whole, precision=precision)
        yield case(torch.tensor([0.5, 1.5, 2.5, 125.125, 0.03125]), precision=precision, sci_mode=False)
        yield case(torch.tensor([0.5, 1.5, 2.5, 125.125, 0.03125]), precision=precision, sci_mode=True)
    for sci in (True, False):
        for x in (
            [1.0, 2.0],
            [1e-5, 1.0],
            [1e9, 1.0],
            [0.0],
            [nan, 0.0],
            [nan, 1.0],
            [1.25, -3.5],
            [1e22, 1.0],
        ):
            yield case(torch.tensor(x), sci_mode=sci)
    for width in (10, 20, 40, 79, 81, 120):
        yield case(torch.arange(40) * 1.0, linewidth=width)
        yield case((torch.arange(40) * 0.5).reshape(2, 20), linewidth=width)
        yield case(torch.tensor([1.5, 2.5], dtype=F64), linewidth=width)
        yield case(torch.tensor([1.5, 2.5], dtype=F64, requires_grad=True), linewidth=width)
    for edgeitems in (0, 1, 2, 5):
        for shape in ((20,), (6, 6), (3, 4, 5)):
            yield case(torch.arange(prod(shape)).reshape(shape) * 1.5, threshold=10, edgeitems=edgeitems)
            yield case(torch.arange(prod(shape)).reshape(shape), threshold=10, edgeitems=edgeitems)
    for shape in ((), (3,), (2, 2), (0,), (0, 2)):
        yield case(torch.ones(shape), edgeitems=0)
        yield case(torch.ones(shape), edgeitems=0, threshold=0)
    for threshold in (0, 3, 4):
        yield case(torch.arange(4), threshold=threshold, edgeitems=1)
    for profile in ("short", "full", "default"):
        yield case(a, profile=profile)
        yield (
            case(big((12, 100), F32, scale=0.001), profile=profile)
            if profile != "full"
            else case(a / 7, profile=profile, precision=2)
        )


def formats():
    """Python's own formatting of floats, with ties and extremes."""
    xs = [
        0.0, -0.0, 0.5, 1.5, 2.5, -2.5, 0.25, 0.75, 0.125, 0.375, 0.03125, 0.09375, 125.125, 1.00005, 0.1,
        1 / 3, 1e21, 1e22, 1.5e300,
        5e-324, 2.0**-20, 3 * 2.0**-20, 123456789.5, 2.0**52 + 0.5, 1e15 + 0.5, 9.5, 99.5, 0.95, 9.9999999,
        65504.0, 1e100, 2.0**70, 45.0, 55.0, 12.5, 13.5,
    ]  # fmt: skip
    for x in xs:
        for digits in (0, 1, 2, 3, 4, 7, 12):
            yield {"x": x, "digits": digits, "fixed": f"{x:.{digits}f}", "exponential": f"{x:.{digits}e}"}


def cases():
    torch.set_printoptions(profile="default")
    return {"tensors": list(tensors()), "options": list(with_options()), "formats": list(formats())}
