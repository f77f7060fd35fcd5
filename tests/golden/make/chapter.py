"""The chapter's figures, from PyTorch: seed 0, X = linspace(-5, 5, 100), y = 2X + noise."""

import torch
from torch.utils.data import DataLoader, TensorDataset

from .encode import name, number, values


RUNS = ((1, 0.003), (25, 0.003), (51, 0.003), (25, 0.03), (51, 0.03))


def data(dtype):
    torch.manual_seed(0)
    X = torch.linspace(-5, 5, 100, dtype=dtype)
    y = 2.0 * X + torch.randn(100, dtype=dtype)
    return X, y


def by_hand(dtype):
    """Listing 6.3: gradient descent with the weight updated under no_grad."""
    X, y = data(dtype)
    w = torch.randn(1, dtype=dtype, requires_grad=True)
    start = w.detach().clone()
    rows = []
    for _ in range(25):
        mse = ((X * w - y) ** 2).mean()
        w.grad = None
        mse.backward()
        grad = w.grad.clone()
        with torch.no_grad():
            w -= 0.03 * w.grad
        rows.append(
            {
                "mse": number(mse.item(), dtype),
                "grad": number(grad.item(), dtype),
                "w": number(w.item(), dtype),
            }
        )
    return {
        "start": values(start),
        "startText": repr(start),
        "steps": rows,
        "mseText": repr(mse.detach()),
        "wText": repr(w.detach()),
        "lossText": repr(mse),
        "loss": number(mse.item(), dtype),
    }


def with_optimizer(dtype, kind):
    """Listing 6.4."""
    X, y = data(dtype)
    w = torch.randn(1, dtype=dtype, requires_grad=True)
    opt = getattr(torch.optim, kind)([w], lr=0.03)
    losses, ws = [], []
    for _ in range(25):
        opt.zero_grad()
        mse = ((X * w - y) ** 2).mean()
        mse.backward()
        opt.step()
        losses.append(number(mse.item(), dtype))
        ws.append(number(w.item(), dtype))
    return {"optimizer": kind, "losses": losses, "ws": ws, "item": number(w.item(), dtype)}


def batched(dtype, batch_size, lr, shuffle):
    """Listing 6.7: 25 epochs over a loader, w from 0; the book's figure needs shuffle=False."""
    X, y = data(dtype)
    loader = DataLoader(TensorDataset(y, X), batch_size=batch_size, shuffle=shuffle)
    w = torch.zeros(1, dtype=dtype, requires_grad=True)
    opt = torch.optim.SGD([w], lr=lr)
    losses, ws = [], []
    for _ in range(25):
        for y_batch, X_batch in loader:
            opt.zero_grad()
            mse = ((X_batch * w - y_batch) ** 2).mean()
            mse.backward()
            opt.step()
            losses.append(number(mse.item(), dtype))
        ws.append(number(w.item(), dtype))
    return {
        "batchSize": batch_size,
        "lr": lr,
        "shuffle": shuffle,
        "epochs": 25,
        "iterations": len(losses),
        "firstLosses": losses[:12],
        "lastLosses": losses[-12:],
        "ws": ws,
        "item": number(w.item(), dtype),
        "randAfter": number(torch.rand(1).item(), torch.float32),
    }


def forgotten_zero_grad(dtype):
    X, y = data(dtype)
    w = torch.zeros(1, dtype=dtype, requires_grad=True)
    opt = torch.optim.SGD([w], lr=0.03)
    ws = []
    for _ in range(25):
        ((X * w - y) ** 2).mean().backward()
        opt.step()
        ws.append(number(w.item(), dtype))
    return {"lr": 0.03, "ws": ws}


def figures(dtype):
    X, y = data(dtype)
    at0 = TensorDataset(y, X)[0]
    slope = (X @ y) / (X @ X)
    loader = DataLoader(TensorDataset(y, X), batch_size=25, shuffle=False)
    batch = next(iter(loader))
    return {
        "dtype": name(dtype),
        "X": values(X),
        "y": values(y),
        "yText": repr(y[:3]),
        "datasetAt0": repr(at0),
        "batchLen": len(batch),
        "batchShapes": [list(t.shape) for t in batch],
        "slope": number(slope.item(), dtype),
        "slopeText": repr(slope),
        "byHand": by_hand(dtype),
        "sgd": with_optimizer(dtype, "SGD"),
        "adam": with_optimizer(dtype, "Adam"),
        "batched": [batched(dtype, b, lr, shuffle) for shuffle in (False, True) for b, lr in RUNS],
        "forgottenZeroGrad": forgotten_zero_grad(dtype),
    }


def cases():
    return {"figures": [figures(torch.float32), figures(torch.float64)]}
