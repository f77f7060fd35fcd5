"""The rows in PyTorch, answered line by line: one JSON request on stdin, one JSON answer on stdout.

    {"do": "describe"}                         {"note": what computes, in a few words}
    {"do": "prepare", "row": id}               {"value": what a step computed, as one number}; null where there is no such row
    {"do": "time", "row": id, "count": n}      {"micros": for n steps together}

With --start it prints what the import and the first operation took, with --start --large what the first large
operation took, and ends. Imports PyTorch only.
"""

import time

begin = time.perf_counter()

import warnings

# NumPy is not installed beside it, and not used here.
warnings.filterwarnings("ignore", message="Failed to initialize NumPy")

import torch

imported = time.perf_counter()

import json
import signal
import sys

LISTING_LR = 0.003


def mse(X, y, w):
    return (X * w - y).pow(2).mean()


def points(dtype):
    torch.manual_seed(0)
    X = torch.linspace(-5, 5, 100, dtype=dtype)
    return X, X * 2 + torch.randn(100, dtype=dtype)


def weight(dtype):
    return torch.zeros(1, dtype=dtype, requires_grad=True)


def gradient_of(X, y, w):
    def step():
        w.grad = None
        mse(X, y, w).backward()
        return w.grad

    return step


def mse_step():
    X, y = points(torch.float32)
    w = weight(torch.float32)
    opt = torch.optim.SGD([w], lr=LISTING_LR)

    def step():
        opt.zero_grad()
        mse(X, y, w).backward()
        opt.step()
        return w

    return step


def loader(batch_size):
    X, y = points(torch.float64)
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(y, X), batch_size=batch_size)


def listing67(batch_size):
    batches = loader(batch_size)

    def step():
        w = weight(torch.float64)
        opt = torch.optim.SGD([w], lr=LISTING_LR)
        for _ in range(25):
            for y, X in batches:
                opt.zero_grad()
                mse(X, y, w).backward()
                opt.step()
        return w

    return step


def part(make):
    X, y = points(torch.float64)
    return make(X[0:1], y[0:1], weight(torch.float64))


def optimizer_step(X, y, w):
    opt = torch.optim.SGD([w], lr=0)
    mse(X, y, w).backward()

    def step():
        opt.step()
        return w

    return step


def next_batch():
    batches = loader(1)
    iterator = iter(batches)

    def step():
        nonlocal iterator
        batch = next(iterator, None)
        if batch is None:
            iterator = iter(batches)
            batch = next(iterator)
        return batch[0]

    return step


def mlp_step():
    torch.manual_seed(0)
    X = torch.randn(128, 784)
    y = torch.arange(128) % 10
    W1 = (torch.randn(784, 128) * 0.04).requires_grad_()
    b1 = torch.zeros(128, requires_grad=True)
    W2 = (torch.randn(128, 10) * 0.1).requires_grad_()
    b2 = torch.zeros(10, requires_grad=True)
    opt = torch.optim.SGD([W1, b1, W2, b2], lr=0.1)

    def step():
        opt.zero_grad()
        loss = torch.nn.functional.cross_entropy((X @ W1 + b1).relu() @ W2 + b2, y)
        loss.backward()
        opt.step()
        return loss

    return step


def values(n):
    return torch.linspace(0.5, 1.5, n)


def mul(n):
    a, b = values(n), values(n)
    return lambda: a * b


def add(n):
    a, b = values(n), values(n)
    return lambda: a + b


def exp(n):
    a = values(n)
    return lambda: a.exp()


def total(n):
    a = values(n)
    return lambda: a.sum()


def matmul(n):
    a, b = values(n * n).reshape(n, n), values(n * n).reshape(n, n)
    return lambda: a @ b


BY_SIZE = {"add": add, "exp": exp, "sum": total, "matmul": matmul}

WORKLOADS = {
    "mul 100": lambda: mul(100),
    "mse gradient": lambda: gradient_of(*points(torch.float32), weight(torch.float32)),
    "mse step": mse_step,
    "listing 1": lambda: listing67(1),
    "listing 25": lambda: listing67(25),
    "part operation": lambda: part(lambda X, y, w: lambda: X * y),
    "part recorded": lambda: part(lambda X, y, w: lambda: X * w),
    "part loss": lambda: part(lambda X, y, w: lambda: mse(X, y, w)),
    "part backward": lambda: part(gradient_of),
    "part optimizer": lambda: part(optimizer_step),
    "part batch": next_batch,
    "mlp step": mlp_step,
}


def workload(row):
    name, _, size = row.partition(" ")
    if row in WORKLOADS:
        return WORKLOADS[row]
    if name in BY_SIZE:
        return lambda: BY_SIZE[name](int(size))
    return None


def start(large):
    ready = time.perf_counter()
    if large:
        a = torch.ones(512, 512)
        (a @ a).sum().item()
        return {"first large": (time.perf_counter() - ready) * 1e6}
    (torch.linspace(0, 1, 100) * 2).tolist()
    return {"import": (imported - begin) * 1e6, "first": (time.perf_counter() - ready) * 1e6}


def timed(step, count):
    begin = time.perf_counter()
    for _ in range(count):
        step()
    return (time.perf_counter() - begin) * 1e6


def serve():
    # Ctrl-C ends the bench, and with it this process: its stdin closes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    steps = {}
    for line in sys.stdin:
        request = json.loads(line)
        row = request.get("row")
        if request["do"] == "describe":
            answer = {"note": f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"}
        elif request["do"] == "prepare":
            make = workload(row)
            answer = {"value": None}
            if make:
                steps[row] = make()
                answer = {"value": steps[row]().detach().double().mean().item()}
        else:
            answer = {"micros": timed(steps[row], request["count"])}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    if "--start" in sys.argv:
        print(json.dumps(start("--large" in sys.argv)))
    else:
        serve()
