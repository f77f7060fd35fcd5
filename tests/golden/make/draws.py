"""Draws of every size class, in sequences on one generator."""

import hashlib
import struct

import torch

from .encode import fnv, number, values

F32, F64 = torch.float32, torch.float64
SIZES = [0, 1, 2, 7, 8, 15, 16, 17, 31, 32, 33]
SEEDS = [0, 1, 42, 1234567890, -1, -(2**63), 2**32, 2**40 + 3, 2**63, 2**64 - 1]


def step(call, *args, dtype=None):
    out = {"call": call, "args": list(args)}
    if dtype is not None:
        out["dtype"] = dtype
    return out


def run(s):
    dtype = getattr(torch, s["dtype"]) if "dtype" in s else torch.int64
    match s["call"], s["args"]:
        case "rand", [n]:
            return torch.rand(n, dtype=dtype)
        case "randn", [n]:
            return torch.randn(n, dtype=dtype)
        case "normal", [n, mean, std]:
            return torch.empty(n, dtype=dtype).normal_(mean, std)
        case "uniform", [n, low, high]:
            return torch.empty(n, dtype=dtype).uniform_(low, high)
        case "randint", [n, low, high]:
            return torch.randint(low, high, (n,))
        case "randperm", [n]:
            return torch.randperm(n)
    raise ValueError(s)


def sequence(seed, steps):
    torch.manual_seed(seed)
    done = []
    for s in steps:
        t = run(s)
        exact = t.dtype != F64 or s["call"] not in ("randn", "normal")
        if t.numel() > 40 and exact:
            done.append({**s, "head": values(t[:4]), "tail": values(t[-4:]), "fnv": fnv(t)})
        else:
            done.append({**s, "values": values(t)})
    return {"seed": str(seed), "steps": done, "after": number(torch.rand(1).item(), F32)}


def sequences():
    for dtype in ("float32", "float64"):
        for n in SIZES + [100, 1000]:
            for call in ("rand", "randn"):
                yield sequence(0, [step(call, n, dtype=dtype)])
        for seed in SEEDS[1:]:
            yield sequence(
                seed,
                [step("randn", 16, dtype=dtype), step("rand", 3, dtype=dtype), step("randn", 3, dtype=dtype)],
            )
        for seed, n in ((3, 5), (4, 16), (5, 19), (6, 40)):
            yield sequence(
                seed, [step("normal", n, 3.0, 0.7, dtype=dtype), step("normal", n, -1e3, 1e-3, dtype=dtype)]
            )
            yield sequence(
                seed, [step("uniform", n, -1.0, 2.0, dtype=dtype), step("uniform", n, 0.1, 0.3, dtype=dtype)]
            )
        yield sequence(
            8, [step("normal", 1, 0.0, 0.0, dtype=dtype), step("uniform", 4, 5.0, 5.0, dtype=dtype)]
        )
    for n in (1, 2, 5, 10, 100, 1000):
        for low, high in (
            (0, 2),
            (0, 10),
            (-5, 5),
            (7, 8),
            (0, 2**28 - 1),
            (0, 2**28),
            (-(2**31), 2**31),
            (0, 2**37 + 1),
            (-(2**53) + 1, 2**53 - 1),
        ):
            yield sequence(n, [step("randint", n, low, high)])
    for n in SIZES + [100, 1000]:
        yield sequence(n, [step("randperm", n), step("randperm", n)])
    # The normal that a pair leaves over waits for the next small draw, whatever comes between.
    for seed in (0, 7, 2**33 + 5):
        yield sequence(
            seed,
            [
                step("randn", 1, dtype="float32"),
                step("rand", 2, dtype="float32"),
                step("randn", 16, dtype="float32"),
                step("randint", 3, 0, 100),
                step("randn", 2, dtype="float64"),
                step("randn", 20, dtype="float64"),
                step("randperm", 6),
                step("normal", 2, 1.0, 2.0, dtype="float32"),
                step("randn", 15, dtype="float64"),
                step("rand", 1, dtype="float64"),
                step("randn", 17, dtype="float32"),
                step("randn", 3, dtype="float32"),
            ],
        )


def state(seed, steps):
    torch.manual_seed(seed)
    for s in steps:
        run(s)
    blob = bytearray(torch.get_rng_state().numpy().tobytes())
    at = 24 + 8 * 624 + 8
    (cached,) = struct.unpack_from("<d", blob, at)
    blob[at : at + 8] = bytes(8)
    return {
        "seed": str(seed),
        "steps": steps,
        "cached": number(cached, F64),
        "sha256": hashlib.sha256(blob).hexdigest(),
        "initialSeed": str(torch.initial_seed()),
    }


def states():
    yield state(0, [])
    yield state(-5, [step("rand", 3, dtype="float32")])
    yield state(9, [step("randn", 3, dtype="float32"), step("rand", 623 - 8, dtype="float32")])
    yield state(9, [step("rand", 624, dtype="float32")])
    yield state(2**64 - 1, [step("rand", 625, dtype="float32"), step("randn", 2, dtype="float64")])


def fresh():
    """A generator that nobody seeded."""
    g = torch.Generator()
    return {"initialSeed": str(g.initial_seed()), "rand": values(torch.rand(3, generator=g))}


def errors():
    def text(f):
        try:
            f()
        except Exception as e:  # whatever it is, its text is wanted
            return str(e).split("\n")[0]
        raise AssertionError("no error")

    e = torch.empty(3)
    return {
        "randint": text(lambda: torch.randint(5, 5, (2,))),
        "uniform": text(lambda: e.uniform_(2, 1)),
        "normal": text(lambda: e.normal_(0, -1)),
        "seed": text(lambda: torch.manual_seed(2**64)),
        "randperm": text(lambda: torch.randperm(-1)),
    }


def cases():
    return {"sequences": list(sequences()), "states": list(states()), "fresh": fresh(), "errors": errors()}
