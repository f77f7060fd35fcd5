"""What is done with the graph: orders of gradients, hooks, functions of one's own, checkpoints, Jacobians and Hessians."""

import torch
import torch.autograd.functional as AF
from torch.utils.checkpoint import checkpoint

from .encode import number, tensor

F64 = torch.float64
X = [0.5, -1.25, 2.0]
Y = [1.5, 0.25, -0.75]
V = [1.0, -2.0, 0.5]


def leaf(values, grad=True):
    return torch.tensor(values, dtype=F64, requires_grad=grad)


# The same names in graph.test.ts.
FUNCTIONS = {
    "cube": lambda x: x.pow(3),
    "softplus": lambda x: x.exp().add(1).log(),
    "product": lambda a, b: a.mul(b).tanh(),
    "pair": lambda a, b: (a.mul(b), a.exp().sum()),
}
SCALARS = {
    "quartic": lambda x: x.pow(4).sum(),
    "energy": lambda x: x.mul(x.tanh()).sum().exp(),
    "linear": lambda x: x.mul(3).sum(),
    "coupled": lambda a, b: a.mul(b).exp().sum().add(a.sum().mul(b.sum())),
}


def listed(value):
    if isinstance(value, torch.Tensor):
        return tensor(value)
    return [listed(item) for item in value]


def orders():
    for name, f in (
        ("tanh", lambda x: x.tanh().sum()),
        ("exp of a square", lambda x: x.mul(x).exp().sum()),
        ("power", lambda x: x.pow(5).sum()),
    ):
        x = leaf(X)
        g, found = f(x), []
        for _ in range(4):
            (g,) = torch.autograd.grad(g.sum(), x, create_graph=True)
            found.append(tensor(g))
        yield {"f": name, "x": tensor(x), "orders": found}


def functional():
    for name, f in FUNCTIONS.items():
        several = name in ("product", "pair")
        inputs = (leaf(X, False), leaf(Y, False)) if several else leaf(X, False)
        v = (leaf(V, False), leaf([3.0, 1.0, -1.0], False)) if several else leaf(V, False)
        seed = (leaf(V, False), torch.tensor(2.0, dtype=F64)) if name == "pair" else leaf(V, False)
        yield {"call": "jacobian", "f": name, "inputs": listed(inputs), "result": listed(AF.jacobian(f, inputs))}
        yield {"call": "vjp", "f": name, "inputs": listed(inputs), "v": listed(seed), "result": listed(AF.vjp(f, inputs, seed))}
        yield {"call": "jvp", "f": name, "inputs": listed(inputs), "v": listed(v), "result": listed(AF.jvp(f, inputs, v))}
    for name, f in SCALARS.items():
        several = name == "coupled"
        inputs = (leaf(X, False), leaf(Y, False)) if several else leaf(X, False)
        v = (leaf(V, False), leaf([3.0, 1.0, -1.0], False)) if several else leaf(V, False)
        yield {"call": "jacobian", "f": name, "inputs": listed(inputs), "result": listed(AF.jacobian(f, inputs))}
        yield {"call": "hessian", "f": name, "inputs": listed(inputs), "result": listed(AF.hessian(f, inputs))}
        for call, product in (("hvp", AF.hvp), ("vhp", AF.vhp)):
            yield {"call": call, "f": name, "inputs": listed(inputs), "v": listed(v), "result": listed(product(f, inputs, v))}


def hooks():
    """Who is called with what, in turn, and the gradients in the end."""
    log = []

    def see(name, replace=None):
        def hook(g):
            log.append([name, *(number(value, F64) for value in g.tolist())])
            return None if replace is None else replace(g)

        return hook

    def graph():
        log.clear()
        x = leaf([3.0, -1.0])
        y = x * 2
        y.register_hook(see("y first", lambda g: g * 2))
        y.retain_grad()
        removed = y.register_hook(see("removed"))
        y.register_hook(see("y second", lambda g: g + 1))
        removed.remove()
        x.register_hook(see("x", lambda g: g * 10))
        x.register_post_accumulate_grad_hook(lambda p: see("after x")(p.grad))
        z = y * y
        z.register_hook(see("z"))
        return x, y, z.sum() + (y * 3).sum()

    x, y, total = graph()
    total.backward()
    yield {"how": "backward", "log": [list(item) for item in log], "x": tensor(x.grad), "y": tensor(y.grad)}
    x, y, total = graph()
    (g,) = torch.autograd.grad(total, x)
    yield {"how": "grad of x", "log": [list(item) for item in log], "x": tensor(g)}
    x, y, total = graph()
    (g,) = torch.autograd.grad(total, y)
    yield {"how": "grad of y", "log": [list(item) for item in log], "y": tensor(g)}


class Exp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]


class ProductAndSum(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b, n):
        ctx.save_for_backward(a, b)
        ctx.n = n
        return a * b * n, a + b

    @staticmethod
    def backward(ctx, g, h):
        a, b = ctx.saved_tensors
        return g * b * ctx.n + h, g * a * ctx.n + h, None


def customs():
    x = leaf(X)
    y = Exp.apply(x.mul(2))
    (g,) = torch.autograd.grad(y.mul(y).sum(), x, create_graph=True)
    (gg,) = torch.autograd.grad(g.sum(), x)
    yield {"f": "exp", "gradFn": y.grad_fn.name(), "result": tensor(y), "grads": [tensor(g)], "second": [tensor(gg)]}
    for name, f in (
        ("both", lambda p, s: p.mul(p).sum() + s.exp().sum()),
        ("product", lambda p, s: p.exp().sum()),
        ("sum", lambda p, s: s.pow(3).sum()),
    ):
        a, b = leaf(X), leaf(Y)
        p, s = ProductAndSum.apply(a, b, 3)
        grads = torch.autograd.grad(f(p, s), (a, b), create_graph=True)
        second = torch.autograd.grad(sum(g.sum() for g in grads), (a, b))
        yield {"f": name, "gradFn": p.grad_fn.name(), "result": tensor(p), "grads": listed(grads), "second": listed(second)}


def checkpoints():
    """A block that draws: the same draws again in backward, and the stream goes on as if there were no second time."""

    def block(x, w):
        return x.mul(w).exp().mul(torch.rand(3, dtype=F64)).pow(2)

    for nested in (False, True):
        torch.manual_seed(5)
        x, w = leaf(X), leaf(Y)
        inner = (lambda a: checkpoint(block, a, w, use_reentrant=False)) if nested else (lambda a: block(a, w))
        y = checkpoint(inner, x, use_reentrant=False)
        between = torch.rand(1, dtype=F64)
        y.sum().backward()
        after = torch.rand(1, dtype=F64)
        yield {"nested": nested, "y": tensor(y), "between": tensor(between), "after": tensor(after), "x": tensor(x.grad), "w": tensor(w.grad)}


def cases():
    return {
        "orders": list(orders()),
        "functional": list(functional()),
        "hooks": list(hooks()),
        "customs": list(customs()),
        "checkpoints": list(checkpoints()),
    }
