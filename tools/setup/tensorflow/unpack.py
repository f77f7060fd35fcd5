"""Takes some of a wheel's files out of it: unpack.py WHEEL FOLDER '[["from", "to"], ...]'.

Names that begin with `from` are written to the folder with `to` in its place; where `to` is null they are not. The
first pair that fits counts. Their sizes are printed as JSON.
Imports Python's own modules only.
"""

import json
import os
import shutil
import sys
import zipfile

wheel, folder, rules = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])

sizes = {}
with zipfile.ZipFile(wheel) as archive:
    for entry in archive.infolist():
        begin, to = next((rule for rule in rules if entry.filename.startswith(rule[0])), (None, None))
        if to is None or entry.is_dir():
            continue
        target = to + entry.filename[len(begin):]
        path = os.path.join(folder, *target.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # Reading to the end compares the checksum that the archive holds.
        with archive.open(entry) as source, open(path, "wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        if (entry.external_attr >> 16) & 0o100:
            os.chmod(path, 0o755)
        sizes[target] = entry.file_size
print(json.dumps(sizes))
