"""Writes the golden files in data/ from PyTorch itself.

To run it again (some 3 GB of packages; nothing of it is needed to run the tests):

    python3 -m venv ../torchvenv && ../torchvenv/bin/pip install torch==2.11.0 numpy
    ../torchvenv/bin/python tests/golden/make_goldens.py [name ...]

The files were made with PyTorch 2.11.0 on an x86-64 CPU with AVX2,
on one thread: sums of 32768 elements and more, and a
few last bits elsewhere, depend on both.
"""

import sys

import torch

from make import (
    basics, chapter, draws, fills, graph, linalg, loaders, losses, movement, ops, optimizers, order, pointwise, printing,
    reductions, sums,
)
from make.encode import write

PARTS = {
    "draws": draws.cases,
    "fills": fills.cases,
    "sums": sums.cases,
    "printing": printing.cases,
    "loaders": loaders.cases,
    "optimizers": optimizers.cases,
    "chapter": chapter.cases,
    "ops": ops.cases,
    "basics": basics.cases,
    "losses": losses.cases,
    "graph": graph.cases,
    "linalg": linalg.cases,
    "movement": movement.cases,
    "order": order.cases,
    "pointwise": pointwise.cases,
    "reductions": reductions.cases,
}

if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in sys.argv[1:] or PARTS:
        write(name, PARTS[name]())
