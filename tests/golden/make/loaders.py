"""What a DataLoader yields, and what it takes from the global and from its own generator."""

from itertools import product

import torch
from torch.utils.data import DataLoader

from .encode import number, values

F32 = torch.float32


def run(n, batch_size, shuffle, drop_last, global_seed, generator_seed, epochs):
    """epochs: for each iterator made, the number of batches taken from it; None takes all, as a for loop does."""
    torch.manual_seed(global_seed)
    generator = None if generator_seed is None else torch.Generator().manual_seed(generator_seed)
    loader = DataLoader(
        list(range(n)),
        batch_size=batch_size,
        shuffle=shuffle,
        drop_last=drop_last,
        generator=generator,
        collate_fn=list,
    )
    batches = []
    for taken in epochs:
        it = iter(loader)
        batches.append([next(it) for _ in range(taken)] if taken is not None else list(it))
    out = {
        "n": n,
        "batchSize": batch_size,
        "shuffle": shuffle,
        "dropLast": drop_last,
        "globalSeed": global_seed,
        "generatorSeed": generator_seed,
        "epochs": epochs,
        "length": len(loader),
        "batches": batches,
        "globalAfter": after(None),
    }
    if generator is not None:
        out["generatorAfter"] = after(generator)
    return out


def after(generator):
    """The stream's next draws: rand(1), then three integers below 1000."""
    return {
        "rand": number(torch.rand(1, generator=generator).item(), F32),
        "randint": values(torch.randint(0, 1000, (3,), generator=generator)),
    }


def orders():
    for n, batch_size in ((10, 3), (10, 5), (10, 1), (10, 10), (10, 11), (1, 1), (5, 2)):
        for shuffle, drop_last, generator_seed in product((False, True), (False, True), (None, 7)):
            yield run(n, batch_size, shuffle, drop_last, 0, generator_seed, [None, None])
    # Iterators that are made and left, or left half way.
    for epochs in ([0], [1], [0, None], [2, None], [1, 1, 1], [0, 0, 0], [4], [None, 1, None]):
        for shuffle, generator_seed in product((False, True), (None, 7)):
            yield run(10, 3, shuffle, False, 3, generator_seed, epochs)
    for global_seed in (-1, 2**40 + 3):
        yield run(100, 33, True, False, global_seed, None, [None])
        yield run(100, 25, True, True, global_seed, -9, [None])
    for batch_size in (1, 25, 33, 51):
        yield run(100, batch_size, True, False, 0, None, [None] * 2)
    yield run(700, 64, True, True, 5, None, [None])


def collated():
    """What the default collate makes of a batch: JSON numbers in, tensors out."""
    from torch.utils.data import TensorDataset, default_collate

    x = torch.arange(10.0)
    dataset = TensorDataset(2 * x, x.reshape(5, 2).repeat(2, 1))
    torch.manual_seed(0)
    yield {
        "what": "TensorDataset(2x, [[0, 1], [2, 3], …] twice) of 10, batchSize 4, shuffle, seed 0",
        "batches": [[repr(t) for t in batch] for batch in DataLoader(dataset, batch_size=4, shuffle=True)],
    }
    for sample in (
        [1, 2, 3],
        [1.5, 2.0],
        [True, False],
        [[1, 2.5], [3, 4.5]],
        [{"a": 1, "b": 2.5}, {"a": 3, "b": 4.5}],
        ["p", "q"],
    ):
        yield {"what": "default_collate", "input": sample, "text": repr(default_collate(sample))}


def errors():
    def text(**options):
        try:
            DataLoader([1, 2, 3], **options)
        except Exception as e:  # whatever it is, its text is wanted
            return str(e)
        raise AssertionError("no error")

    return {
        "batchSize0": text(batch_size=0),
        "batchSizeNegative": text(batch_size=-1),
        "batchSizeFraction": text(batch_size=2.5),
        "emptyShuffle": empty(),
    }


def empty():
    try:
        return repr(list(DataLoader([], shuffle=True)))
    except Exception as e:
        return str(e)


def cases():
    return {"orders": list(orders()), "collated": list(collated()), "errors": errors()}
