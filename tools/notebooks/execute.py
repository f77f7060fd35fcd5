"""Runs one notebook in the torchlab kernel and writes the executed copy.

Imports nbclient, nbformat and normalise.

Every event is one line of JSON on stdout:
  {"event": "cell", "index", "seconds", "error"?}   a code cell has run; index counts all cells from 0
  {"event": "end", "seconds", "problem"?}           the last line; problem: {"kind", "message", "index"?}
Kinds of problem: unreadable, error, late, no-error, time-out, kernel, internal. With one the exit code is 1.
The executed copy is written whenever the notebook could be read, as far as it has run.
"""
import argparse
import asyncio
import json
import os
import re
import sys
import time
import traceback

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from normalise import normalise, write

KERNEL = "torchlab"


class Problem(Exception):
    def __init__(self, kind, message, index=None):
        super().__init__(message)
        self.kind = kind
        self.index = index

    def as_json(self):
        problem = {"kind": self.kind, "message": str(self)}
        if self.index is not None:
            problem["index"] = self.index
        return problem


def say(**event):
    print(json.dumps(event), flush=True)


def read(path):
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        return notebook
    except OSError as error:
        raise Problem("unreadable", f"cannot be read: {error.strerror}") from error
    except (ValueError, AttributeError, KeyError, TypeError, nbformat.ValidationError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise Problem("unreadable", f"is not a Jupyter notebook: {reason}") from error


def without_colours(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def error_of(cell):
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            return f"{output.ename}: {output.evalue}"
    return None


def expects_error(cell):
    return "raises-exception" in cell.metadata.get("tags", [])


class Run:
    """One notebook's run, and what it has come to so far."""

    def __init__(self, notebook, folder, options):
        self.notebook = notebook
        self.count = len(notebook.cells)
        self.current = None
        self.started = 0.0
        self.allow_errors = options.allow_errors
        self.missing_error = None
        self.client = NotebookClient(
            notebook,
            kernel_name=KERNEL,
            timeout=options.cell_timeout,
            startup_timeout=options.startup_timeout,
            allow_errors=options.allow_errors,
            record_timing=False,
            resources={"metadata": {"path": folder}},
            on_cell_start=self.on_start,
            on_cell_executed=self.on_executed,
        )

    def on_start(self, cell, cell_index):
        if cell_index >= self.count:
            return
        self.current = cell_index
        self.started = time.monotonic()

    def on_executed(self, cell, cell_index, execute_reply):
        if cell_index >= self.count:
            return
        error = error_of(cell)
        say(event="cell", index=cell_index, seconds=round(time.monotonic() - self.started, 3), error=error)
        if expects_error(cell) and error is None and self.missing_error is None:
            message = "the cell is tagged raises-exception and raised nothing"
            self.missing_error = Problem("no-error", message, cell_index)

    async def run(self, limit):
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = []
                cell.execution_count = None
        try:
            await asyncio.wait_for(self.execute(), limit)
        except CellExecutionError as error:
            output = error_of(self.notebook.cells[self.current]) or f"{error.ename}: {error.evalue}"
            raise Problem("error", without_colours(self.traceback() or output), self.current) from error
        except CellTimeoutError as error:
            message = f"the cell ran longer than {self.client.timeout} s and was ended"
            raise Problem("time-out", message, self.current) from error
        except (asyncio.TimeoutError, TimeoutError) as error:
            message = f"the notebook ran longer than {limit} s and was ended"
            raise Problem("time-out", message, self.current) from error
        except DeadKernelError as error:
            raise Problem("kernel", "the kernel died", self.current) from error
        except (NoSuchKernel, RuntimeError, OSError) as error:
            raise Problem("kernel", f"the kernel did not start: {error}") from error
        if self.missing_error is not None and not self.allow_errors:
            raise self.missing_error

    async def execute(self):
        client = self.client
        client.reset_execution_trackers()
        async with client.async_setup_kernel():
            for index, cell in enumerate(self.notebook.cells):
                await client.async_execute_cell(cell, index, execution_count=client.code_cells_executed + 1)
            late = await self.late_error()
            if late is not None:
                raise Problem("late", f"after the last cell had ended: {late}")

    async def late_error(self):
        """An error that came after its cell had ended is told to the next cell; this is the last one's next."""
        cells = self.notebook.cells
        cells.append(nbformat.v4.new_code_cell("void 0;"))
        try:
            await self.client.async_execute_cell(cells[-1], len(cells) - 1, store_history=False)
        except CellExecutionError:
            pass
        finally:
            last = cells.pop()
        return error_of(last)

    def traceback(self):
        for output in self.notebook.cells[self.current].get("outputs", []):
            if output.output_type == "error" and output.traceback:
                return "\n".join(output.traceback)
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("notebook")
    parser.add_argument("copy", help="where the executed copy goes")
    parser.add_argument("--allow-errors", action="store_true", help="go on after a cell that raised")
    parser.add_argument("--cell-timeout", type=int, required=True)
    parser.add_argument("--notebook-timeout", type=int, required=True)
    parser.add_argument("--startup-timeout", type=int, default=60)
    options = parser.parse_args()

    start = time.monotonic()
    problem = None
    try:
        # What an earlier run left is not to pass for this one's.
        if os.path.exists(options.copy):
            os.remove(options.copy)
        notebook = read(options.notebook)
        run = Run(notebook, os.path.dirname(os.path.abspath(options.notebook)), options)
        try:
            asyncio.run(run.run(options.notebook_timeout))
        finally:
            write(normalise(notebook), options.copy)
    except Problem as found:
        problem = found.as_json()
    except Exception:
        problem = {"kind": "internal", "message": traceback.format_exc()}
    end = {"event": "end", "seconds": round(time.monotonic() - start, 3)}
    if problem is not None:
        end["problem"] = problem
    say(**end)
    return 0 if problem is None else 1


if __name__ == "__main__":
    sys.exit(main())
