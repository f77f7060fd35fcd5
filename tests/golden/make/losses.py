"""Softmax and the losses: result and the gradients of input and target."""

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


def optional(call):
    """The options of a call in Python, as they are called in TypeScript."""
    names = {"pos_weight": "posWeight", "log_target": "logTarget"}
    return {names.get(k, k): tensor(v) if isinstance(v, torch.Tensor) else v for k, v in call.items()}


def paired(op, f, x, y, **call):
    return case(op, lambda x, y: f(x, y, **call), [x, y], (), optional(call))


PAIRS = (((2, 3), (2, 3)), ((), ()), ((0,), (0,)), ((2, 3), (3,)), ((3,), (3, 1)))


def differences():
    ops = (
        ("l1Loss", F.l1_loss, ({},)),
        ("huberLoss", F.huber_loss, ({}, {"delta": 0.5}, {"delta": 2.25})),
        ("smoothL1Loss", F.smooth_l1_loss, ({}, {"beta": 0.5}, {"beta": 0.0})),
    )
    for (op, f, calls), dtype in product(ops, (F32, F64)):
        for (a, b), reduction in product(PAIRS, REDUCTIONS):
            yield paired(op, f, sample(a, 61, dtype), sample(b, 62, dtype), reduction=reduction)
        edges = torch.tensor([0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1e30, -inf, inf, nan], dtype=dtype)
        for call in calls:
            yield paired(op, f, sample((3, 4), 63, dtype), sample((3, 4), 64, dtype), **call)
            # The gradient of l1_loss at a NaN is 0 there, and NaN here, as that of abs is.
            yield paired(op, f, edges[:9] if op == "l1Loss" or call.get("beta") == 0 else edges, torch.zeros(1, dtype=dtype), reduction="none", **call)
    for (op, f, _), (a, b) in product(ops, ((F32, I64), (F32, F64), (F64, F32), (I64, I64), (I64, F32), (BOOL, BOOL))):
        yield paired(op, f, sample((3,), 65, a), sample((3,), 66, b))
    for op, f, _ in ops:
        yield paired(op, f, sample((3,), 1, F32), sample((3,), 2, F32), reduction="avg")
        yield paired(op, f, sample((3,), 1, F32), sample((2,), 2, F32))
    for delta in (0.0, -1.0):
        yield paired("huberLoss", F.huber_loss, sample((3,), 1, F32), sample((3,), 2, F32), delta=delta)
    yield paired("smoothL1Loss", F.smooth_l1_loss, sample((3,), 1, F32), sample((3,), 2, F32), beta=-1.0)


def binary():
    op, f = "binaryCrossEntropy", F.binary_cross_entropy
    logits, g = "binaryCrossEntropyWithLogits", F.binary_cross_entropy_with_logits
    t = torch.tensor
    for dtype, reduction in product((F32, F64), REDUCTIONS):
        for shape in ((4,), (), (0,)):
            probabilities, target = sample(shape, 71, dtype, 0.05, 0.95), sample(shape, 72, dtype, 0, 1)
            yield paired(op, f, probabilities, target, reduction=reduction)
            yield paired(logits, g, sample(shape, 73, dtype), target, reduction=reduction)
        probabilities, target = sample((2, 3), 74, dtype, 0.05, 0.95), sample((2, 3), 75, dtype, 0, 1)
        scores = sample((2, 3), 76, dtype, -40, 40)
        for weight in (t([0.5, 1.0, 2.0], dtype=F64), t([[3], [2]])):
            yield paired(op, f, probabilities, target, weight=weight, reduction=reduction)
            yield paired(logits, g, scores, target, weight=weight, reduction=reduction)
        for weight in (t([0.5, 1.0, 3.0], dtype=dtype), t(2.5, dtype=dtype)):
            yield paired(logits, g, scores, target, pos_weight=weight, reduction=reduction)
        yield paired(logits, g, scores, target, weight=t([0.5, 1.0, 3.0]), pos_weight=t([2.0], dtype=dtype), reduction=reduction)
    for dtype, target in product((F32, F64), (0.0, 1.0, 0.5)):
        x = t([0.0, 1.0, 0.5, 0.25], dtype=dtype)
        yield paired(op, f, x, torch.full_like(x, target), reduction="none")
        x = t([inf, -inf, 1e4, -1e4, nan, 0.0, 19.0, 21.0, -21.0, 39.0, 45.0, -45.0], dtype=dtype)
        yield paired(logits, g, x, torch.full_like(x, target), reduction="none")
        yield paired(logits, g, x, torch.full_like(x, target), reduction="none", pos_weight=t(3.0, dtype=dtype))
    half = torch.full((2,), 0.5)
    for name, loss in ((op, f), (logits, g)):
        for x, y in ((half, t([0.5, 0.5, 0.5])), (half, t([[0.5], [0.5]])), (half, t([0, 1])), (t([0, 1]), half), (t([0, 1]),) * 2):
            yield paired(name, loss, x, y)
        yield paired(name, loss, half, half, reduction="avg")
        yield paired(name, loss, half, half, weight=t([1.0, 2.0, 3.0]))
        yield paired(name, loss, half, half, weight=t([[1.0], [2.0]]))
    yield paired(logits, g, half, half, pos_weight=t([1.0, 2.0, 3.0]))
    yield paired(logits, g, half, half.double())
    yield paired(logits, g, half.double(), half)
    for x, y in ((half, half.double()), (half + 1, half), (half, half - 1), (half * nan, half)):
        yield paired(op, f, x, y)


def divergences():
    op, f = "klDiv", F.kl_div
    for dtype, reduction, logs in product((F32, F64), ("mean", "none", "batchmean"), (False, True)):
        for a, b in PAIRS:
            target = sample(b, 82, dtype, *((-3, 0) if logs else (0.1, 1)))
            yield paired(op, f, sample(a, 81, dtype, -3, 0), target, reduction=reduction, log_target=logs)
    for dtype in (F32, F64):
        edges = torch.tensor([0.0, -1.0, 0.5, 2.0, nan], dtype=dtype)
        for logs in (False, True):
            yield paired(op, f, torch.full_like(edges, -0.5), edges, reduction="none", log_target=logs)
        yield paired(op, f, torch.tensor([-inf, -0.5], dtype=dtype), torch.tensor([0.5, 0.5], dtype=dtype), reduction="none")
    for a, b in ((F32, F64), (F64, F32), (F32, I64), (I64, F32), (I64, I64)):
        yield paired(op, f, sample((3,), 83, a, -3, 0), sample((3,), 84, b, 1, 2))
    yield paired(op, f, sample((3,), 1, F32), sample((3,), 2, F32), reduction="avg")
    yield paired(op, f, sample((3,), 1, F32), sample((2,), 2, F32))


def probabilities():
    t, op, f = torch.tensor, "crossEntropy", F.cross_entropy
    for dtype, reduction in product((F32, F64), REDUCTIONS):
        weight = t([0.25, 1.5, 2.0], dtype=dtype)
        for shape in ((2, 3), (3,), (2, 3, 2), (0, 3)):
            x, target = sample(shape, 91, dtype), sample(shape, 92, dtype, 0, 1)
            for w, smoothing in ((None, 0), (weight, 0), (weight, 0.3)):
                yield classed(op, f, x, target, w, reduction, None, smoothing)
        yield classed(op, f, t(EDGES, dtype=dtype), t([[0.25, 0.5, 0.25]] * len(EDGES), dtype=dtype), None, reduction)
    x, target = sample((4, 3), 93, F32), sample((4, 3), 94, F32, 0, 1)
    yield classed(op, f, x, target.double())
    yield classed(op, f, x.double(), target)
    yield classed(op, f, x, target, None, "mean", -7)
    for ignore in (0, 1):
        yield classed(op, f, x, target, None, "mean", ignore)
    yield classed(op, f, x, target, t([1.0, 2.0]))
    yield classed(op, f, x, target, None, "avg")
    for wrong in (target[:2], target[:, :2], target[:, 0], target > 0.5, target.long()):
        yield classed(op, f, x, wrong)
    yield classed(op, f, x.long(), target)


def cases():
    return {
        "softmaxes": list(softmaxes()),
        "mse": list(mse()),
        "classes": list(classes()),
        "differences": list(differences()),
        "binary": list(binary()),
        "divergences": list(divergences()),
        "probabilities": list(probabilities()),
    }
