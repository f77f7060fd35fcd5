"""How tensors and numbers stand in the golden files: every bit survives."""

import json
import math
from pathlib import Path

import numpy as np
import torch

DATA = Path(__file__).parent.parent / "data"


def number(x, dtype):
    """A JSON number: the shortest decimal that reads back as the same value of its dtype."""
    if dtype in (torch.int64, torch.bool):
        return int(x)
    if math.isnan(x):
        return "nan"
    if math.isinf(x):
        return "inf" if x > 0 else "-inf"
    text = str(np.float32(x)) if dtype == torch.float32 else repr(float(x))
    return Verbatim(text[:-2] if text.endswith(".0") else text)


class Verbatim(float):
    """A float that is written as the text that it was made from."""

    def __new__(cls, text):
        self = super().__new__(cls, text)
        self.text = text
        return self


def values(t):
    return [number(x, t.dtype) for x in t.detach().reshape(-1).tolist()]


def tensor(t):
    return {"dtype": name(t.dtype), "shape": list(t.shape), "values": values(t)}


def name(dtype):
    return str(dtype).removeprefix("torch.")


def ramp(n, seed, dtype):
    """n values of mixed sign and size that any language can make: see README.md."""
    i = np.arange(n, dtype=np.int64)
    x = ((i * 48271 + seed * 7919) % 65537 - 32768).astype(np.float64) / ((i * 31 + seed) % 97 + 1)
    return torch.from_numpy(x).to(dtype)


def fnv(t):
    """FNV-1a of the tensor's bytes, 32 bits, for results too long to write out."""
    h = 0x811C9DC5
    for b in t.contiguous().numpy().tobytes():
        h = ((h ^ b) * 0x01000193) & 0xFFFFFFFF
    return h


def dump(x):
    """JSON with one line for each case, and floats as their shortest text."""
    if isinstance(x, Verbatim):
        return x.text
    if isinstance(x, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {dump(v)}" for k, v in x.items()) + "}"
    if isinstance(x, (list, tuple)):
        return "[" + ", ".join(map(dump, x)) + "]"
    return json.dumps(x, ensure_ascii=False, allow_nan=False)


def write(file, content):
    """content: a dict of lists of cases, or of single cases."""
    parts = []
    for key, cases in content.items():
        body = "[\n" + ",\n".join(map(dump, cases)) + "\n]" if isinstance(cases, list) else dump(cases)
        parts.append(f"{json.dumps(key)}: {body}")
    DATA.mkdir(exist_ok=True)
    head = f'"torch": {json.dumps(torch.__version__.split("+")[0])},\n'
    path = DATA / f"{file}.json"
    path.write_text("{\n" + head + ",\n".join(parts) + "\n}\n", encoding="utf-8")
    print(f"{path.name}: {path.stat().st_size} bytes")
