"""The one form in which executed notebooks are written, so that running one again changes nothing else.

Imports nbformat.
"""
import hashlib
import os
import re

import nbformat

KERNELSPEC = {"display_name": "TypeScript (torchlab)", "language": "typescript", "name": "torchlab"}
# Without the compiler's version, which the kernel reports too.
LANGUAGE = {
    "codemirror_mode": {"mode": "typescript", "name": "javascript", "typescript": True},
    "file_extension": ".ts",
    "mimetype": "text/typescript",
    "name": "typescript",
    "pygments_lexer": "typescript",
}
# What people put into a cell's metadata; the rest is what editors and runners left there.
KEPT_CELL_METADATA = ("tags", "slideshow", "jupyter")


def merge_streams(outputs):
    """Stream outputs next to each other as one: how the kernel cut them up depends on the time."""
    merged = []
    for output in outputs:
        before = merged[-1] if merged else {}
        if output.output_type == "stream" and before.get("name") == output.name:
            before.text += output.text
        else:
            merged.append(output)
    return merged


def cell_ids(cells):
    """Every cell's id: its own where valid and not met before, else one that follows from place and source."""
    seen = set()
    for index, cell in enumerate(cells):
        own = cell.get("id", "")
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", own) or own in seen:
            own = "cell-" + hashlib.sha256(f"{index}\0{cell.source}".encode()).hexdigest()[:8]
        seen.add(own)
        yield own


def normalise(notebook):
    """The notebook in the committed form; changes and returns it."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC, "language_info": LANGUAGE})
    for cell, own_id in zip(notebook.cells, list(cell_ids(notebook.cells))):
        cell.id = own_id
        kept = {key: value for key, value in cell.metadata.items() if key in KEPT_CELL_METADATA}
        cell.metadata = nbformat.from_dict(kept)
        if cell.cell_type == "code":
            cell.outputs = merge_streams(cell.outputs)
    return notebook


def write(notebook, path):
    """Writes the whole file or nothing."""
    text = nbformat.writes(notebook)
    temporary = f"{path}.{os.getpid()}.tmp"
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(temporary, "w", encoding="utf-8", newline="\n") as file:
        file.write(text if text.endswith("\n") else text + "\n")
    os.replace(temporary, path)
