"""Softmax and the losses: result and the gradients of input and, for mseLoss, target."""

from itertools import product

import torch
import torch.nn.functional as F

from .encode import tensor
from .ops import BOOL, F32, F64, I64, case, inf, nan, sample

EDGES = [
    [1000.0, 0.0, -1000.0],
    [1e30, 1e30, 0.0],
    [-inf, 0.0, 1.0],
    [-inf, -inf, -inf],
    [inf, 0.0, 1.0],
    [nan, 0.0, 1.0],
    [0.0, -0.0, 0.0],
    [88.0, -88.0, 89.0],
]
REDUCTIONS = ("mean", "sum", "none")


def softmaxes():
    for (op, f), dtype in product((("softmax", F.softmax), ("logSoftmax", F.log_softmax)), (F32, F64)):
        for dim in (0, 1, 2, -1, -3, 3):
            yield case(op, lambda t: f(t, dim), [sample((2, 3, 4), 41, dtype)], [dim])
        for shape in ((), (1,), (40,), (0,), (0, 3), (3, 0)):
            yield case(op, lambda t: f(t, 0), [sample(shape, 42, dtype)], [0])
        yield case(op, lambda t: f(t, 1), [torch.tensor(EDGES, dtype=dtype)], [1])
        yield case(op, lambda t: f(t, 0), [sample((30, 2), 43, dtype, -60, 60)], [0])
    for (op, f), dtype in product((("softmax", F.softmax), ("logSoftmax", F.log_softmax)), (I64, BOOL)):
        yield case(op, lambda t: f(t, 0), [sample((3,), 44, dtype)], [0])


def mse():
    shapes = (((4,), (4,)), ((2, 3), (2, 3)), ((), ()), ((0,), (0,)), ((3,), (3, 1)), ((2, 3), (2,)))
    for (a, b), dtype, reduction in product(shapes, (F32, F64), REDUCTIONS):
        f = lambda x, y: F.mse_loss(x, y, reduction=reduction)
        options = None if reduction == "mean" else {"reduction": reduction}
        yield case("mseLoss", f, [sample(a, 45, dtype), sample(b, 46, dtype)], (), options)
    edges = torch.tensor([inf, nan, -inf, 1e30])
    yield case("mseLoss", F.mse_loss, [edges, torch.zeros(4)])
    for a, b in ((F32, I64), (F32, F64), (I64, I64), (I64, F32)):
        yield case("mseLoss", F.mse_loss, [sample((3,), 47, a), sample((3,), 48, b)])
    yield case("mseLoss", lambda x, y: F.mse_loss(x, y, reduction="avg"), [sample((3,), 1, F32)] * 2, (), {"reduction": "avg"})


def classed(op, f, x, target, weight=None, reduction="mean", ignore=None, smoothing=0):
    call, options = {"reduction": reduction}, {"reduction": reduction}
    if weight is not None:
        call["weight"], options["weight"] = weight, tensor(weight)
    if ignore is not None:
        call["ignore_index"], options["ignoreIndex"] = ignore, ignore
    if smoothing:
        call["label_smoothing"], options["labelSmoothing"] = smoothing, smoothing
    return case(op, lambda x, t: f(x, t, **call), [x, target], (), options)


def classes():
    t = torch.tensor
    for (op, f), dtype in product((("nllLoss", F.nll_loss), ("crossEntropy", F.cross_entropy)), (F32, F64)):
        x, target = sample((5, 3), 51, dtype), t([2, 0, 1, 1, 2])
        weight = t([0.25, 1.5, 2.0], dtype=dtype)
        for reduction, w, ignore in product(REDUCTIONS, (None, weight), (None, 1)):
            yield classed(op, f, x, target, w, reduction, ignore)
        for reduction in REDUCTIONS:
            yield classed(op, f, x, t([2, -100, 1, -100, 0]), None, reduction)
            yield classed(op, f, x, t([-100] * 5), None, reduction)
            yield classed(op, f, x[0], t(1), weight, reduction)
            yield classed(op, f, x[0], t([1]), None, reduction)
            yield classed(op, f, x[:0], target[:0], None, reduction)
            image, targets = sample((2, 3, 2, 2), 52, dtype), t([[[0, 2], [1, 1]], [[2, 2], [0, 1]]])
            yield classed(op, f, image, targets, weight, reduction, 1)
            yield classed(op, f, t(EDGES, dtype=dtype), t([0, 1, 2, 0, 1, 1, 2, 0]), None, reduction)
        yield classed(op, f, sample((40, 10), 53, dtype, -30, 30), sample((40,), 54, I64, 0, 9))
        yield classed(op, f, x, target, None, "avg")
        for wrong in ([0, 1, 2, 3, 0], [0, -1, 0, 0, 0], [0, 1], [[0, 1, 2]], 1, [0.0] * 5, [True] * 5):
            yield classed(op, f, x, t(wrong))
        yield classed(op, f, x[0], t([1, 2]))
        yield classed(op, f, x[0, 0], t(0))
        yield classed(op, f, x, target, weight[:2])
        yield classed(op, f, x, target, weight.to(F32 if dtype == F64 else F64))
        yield classed(op, f, image, targets[:, :1])
    for dtype, reduction in product((F32, F64), REDUCTIONS):
        op, f, x, target = "crossEntropy", F.cross_entropy, sample((5, 3), 56, dtype), t([2, 0, -100, 1, 2])
        weight = t([0.25, 1.5, 2.0], dtype=dtype)
        for w, ignore, smoothing in product((None, weight), (None, 2), (0.1, 1.0)):
            yield classed(op, f, x, t([2, 0, 1, 1, 2]) if ignore else target, w, reduction, ignore, smoothing)
        yield classed(op, f, x[0], t(1), weight, reduction, None, 0.3)
        yield classed(op, f, sample((2, 3, 2), 57, dtype), t([[0, 2], [1, -100]]), weight, reduction, None, 0.3)
        yield classed(op, f, x, t([-100] * 5), None, reduction, None, 0.3)
    yield classed("crossEntropy", F.cross_entropy, sample((2, 3), 1, F32), t([0, 1]), smoothing=1.5)
    yield classed("crossEntropy", F.cross_entropy, sample((2, 3), 1, F32), t([0, 3]), smoothing=0.5)
    yield classed("nllLoss", F.nll_loss, sample((2, 3), 55, I64), t([0, 1]))
    yield classed("crossEntropy", F.cross_entropy, sample((2, 3), 55, I64), t([0, 1]))


def cases():
    return {"softmaxes": list(softmaxes()), "mse": list(mse()), "classes": list(classes())}
