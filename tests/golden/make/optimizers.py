"""Optimizer steps over given gradients: every parameter after every step."""

import torch

from .encode import name, values

F32, F64 = torch.float32, torch.float64
STEPS = 6

SGD = [
    {}, {"lr": 0.1}, {"lr": 0.1, "momentum": 0.9}, {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    {"lr": 0.1, "momentum": 0.9, "dampening": 0.5},
    {"lr": 0.1, "weight_decay": 0.01}, {"lr": 0.1, "maximize": True},
    {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.1},
    {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    {"lr": 0.03, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.05, "maximize": True},
    {"lr": 0.1, "momentum": 0.9, "nesterov": True, "maximize": True}, {"lr": 0.0},
    {"lr": 1 / 3, "momentum": 1 / 7},
]  # fmt: skip
ADAM = [
    {}, {"lr": 0.03}, {"lr": 0.1, "betas": [0.8, 0.99]}, {"lr": 0.1, "eps": 1e-3},
    {"lr": 0.1, "weight_decay": 0.01}, {"lr": 0.1, "amsgrad": True},
    {"lr": 0.1, "maximize": True}, {"lr": 0.1, "betas": [0.0, 0.999]},
    {"lr": 0.1, "betas": [0.5, 0.5], "eps": 1e-6, "weight_decay": 0.1},
    {"lr": 0.03, "betas": [0.9, 0.95], "weight_decay": 0.05, "amsgrad": True, "maximize": True}, {"lr": 0.0},
]  # fmt: skip


def camel(options):
    return {
        "".join(p.capitalize() if i else p for i, p in enumerate(k.split("_"))): v for k, v in options.items()
    }


def given(dtype, seed):
    """A starting point and gradients, among them zeros and steps without one (None)."""
    g = torch.Generator().manual_seed(seed)
    start = torch.randn(5, generator=g, dtype=dtype)
    grads = [
        torch.randn(5, generator=g, dtype=dtype) * 10.0 ** torch.randint(-3, 2, (5,), generator=g)
        for _ in range(STEPS)
    ]
    grads[2][1] = 0.0
    return start, grads


def run(kind, options, dtype, skip=()):
    start, grads = given(dtype, len(str(options)))
    p = start.clone().requires_grad_()
    opt = getattr(torch.optim, kind)([p], **options)
    after = []
    for k, g in enumerate(grads):
        p.grad = None if k in skip else g.clone()
        opt.step()
        after.append(values(p))
    return {
        "optimizer": kind,
        "options": camel(options),
        "dtype": name(dtype),
        "start": values(start),
        "grads": [None if k in skip else values(g) for k, g in enumerate(grads)],
        "after": after,
    }


def steps():
    for dtype in (F32, F64):
        for kind, table in (("SGD", SGD), ("Adam", ADAM)):
            for options in table:
                yield run(kind, options, dtype)
            yield run(kind, {**table[2], "lr": 0.05}, dtype, skip=(0, 3))


def groups():
    """Two groups with options of their own over common defaults; lr of the first changed after the third step."""
    for kind, defaults, own in (
        ("SGD", {"lr": 0.1, "momentum": 0.9}, {"lr": 0.01, "momentum": 0.5, "nesterov": True}),
        ("Adam", {"lr": 0.1}, {"lr": 0.01, "betas": [0.5, 0.9], "weight_decay": 0.1}),
    ):
        for dtype in (F32, F64):
            a, grads_a = given(dtype, 1)
            b, grads_b = given(dtype, 2)
            p, q = a.clone().requires_grad_(), b.clone().requires_grad_()
            opt = getattr(torch.optim, kind)([{"params": [p]}, {"params": [q], **own}], **defaults)
            after = []
            for k, (ga, gb) in enumerate(zip(grads_a, grads_b)):
                if k == 3:
                    opt.param_groups[0]["lr"] = 0.025
                p.grad, q.grad = ga.clone(), gb.clone()
                opt.step()
                after.append([values(p), values(q)])
            yield {
                "optimizer": kind,
                "dtype": name(dtype),
                "defaults": camel(defaults),
                "own": camel(own),
                "lrAfterThree": 0.025,
                "start": [values(a), values(b)],
                "grads": [[values(ga), values(gb)] for ga, gb in zip(grads_a, grads_b)],
                "after": after,
            }


def errors():
    def text(kind, params, **options):
        try:
            getattr(torch.optim, kind)(params, **options)
        except Exception as e:  # whatever it is, its text is wanted
            return str(e).split("\n")[0]
        raise AssertionError("no error")

    p = torch.ones(2, requires_grad=True)
    return [
        {"optimizer": "SGD", "params": "none", "options": {}, "error": text("SGD", [])},
        {"optimizer": "SGD", "params": "tensor", "options": {}, "error": text("SGD", p)},
        {"optimizer": "SGD", "params": "number", "options": {}, "error": text("SGD", [1.0])},
        {"optimizer": "SGD", "params": "twice", "options": {},
            "error": text("SGD", [{"params": [p]}, {"params": [p]}])},
        {"optimizer": "SGD", "params": "non-leaf", "options": {}, "error": text("SGD", [p * 2])},
        *(
            {"optimizer": kind, "params": "one", "options": camel(options),
                "error": text(kind, [p], **options)}
            for kind, options in (
                ("SGD", {"lr": -1.0}), ("SGD", {"momentum": -0.1}), ("SGD", {"weight_decay": -1.0}),
                ("SGD", {"nesterov": True}),
                ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}),
                ("Adam", {"lr": -1.0}), ("Adam", {"eps": -1e-8}), ("Adam", {"betas": [1.0, 0.9]}),
                ("Adam", {"betas": [0.9, -0.1]}), ("Adam", {"weight_decay": -1.0}),
            )
        ),
    ]  # fmt: skip


def cases():
    return {"steps": list(steps()), "groups": list(groups()), "errors": errors()}
