"""linspace and arange."""

import torch

from .encode import fnv, name, values

DTYPES = (torch.float32, torch.float64, torch.int64)


def result(t):
    if t.numel() > 40:
        return {"n": t.numel(), "head": values(t[:3]), "tail": values(t[-3:]), "fnv": fnv(t)}
    return {"n": t.numel(), "values": values(t)}


def attempt(args, dtype, f):
    try:
        return {"args": args, "dtype": name(dtype), **result(f())}
    except RuntimeError as e:
        return {"args": args, "dtype": name(dtype), "error": str(e)}


def linspaces():
    for dtype in DTYPES:
        for start, end, steps in (
            (-5, 5, 100), (0, 1, 0), (3, 9, 1), (0, 1, 2), (0, 1, 3), (1, 0, 7), (-1, 1, 8), (0, 10, 11),
            (0.1, 0.7, 33),
            (-5, 5, 1000), (2, 2, 5), (1e-3, 1e3, 257), (-3.7, 8.9, 50), (0, 100, 7), (10, -10, 9),
            (0, 1, -1),
        ):  # fmt: skip
            yield attempt([start, end, steps], dtype, lambda: torch.linspace(start, end, steps, dtype=dtype))


def aranges():
    for dtype in DTYPES:
        for start, end, step in (
            (0, 5, 1), (0, 0, 1), (1, 2.5, 0.5), (0, 1, 0.1), (0, 1, 0.013), (5, 0, -1), (5, 0, -0.3),
            (0, 100, 1), (-7, 300, 3),
            (0, 16, 1), (0, 8, 1), (0, 15.5, 0.5), (0.1, 33.3, 0.7), (0, 1, 1 / 3), (1e6, 1e6 + 50, 0.25),
            (0, 7.9, 2), (2, 1, 1),
            (1, 2, -1), (0, 1, 0), (0, 999.5, 1), (-1.5, 1.5, 0.1), (0, 2, 1.5),
        ):  # fmt: skip
            # A step that truncates to 0 ends the process with a floating point exception.
            if dtype == torch.int64 and 0 < abs(step) < 1:
                continue
            yield attempt([start, end, step], dtype, lambda: torch.arange(start, end, step, dtype=dtype))


def cases():
    return {"linspace": list(linspaces()), "arange": list(aranges())}
