"""How long `inject --as-stored` takes beside `cp`, and how much memory: the table of docs/speed.md.

    python3 benches/as_stored.py target/release/sram-sim [GIB] [FOLDER]

Writes a model of GIB GiB (4) of random bfloat16 numbers into a folder of its own in FOLDER (the system's one for temporary files),
copies it and injects bit errors into it, in turns, and says each one's median and its ratio to the copy's. sram-sim returns when its
file is on the disk, and so does the copy here (`cp`, then `sync` of the file). Needs twice the size and nothing but Python.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 8
# In bytes. Little is held at once, since a child's peak memory begins at its parent's.
TENSOR = 128 << 20
BLOCK = 1 << 20
# The upper byte of a number near 0.01, of either sign: exponents at random are no weights.
UPPER = bytes(byte & 0x80 | 0x3C for byte in range(256))


def write_model(path, gib):
    count = gib * (1 << 30) // TENSOR
    header = {
        f"layer.{number}.weight": {
            "dtype": "BF16",
            "shape": [TENSOR // 2 // 4096, 4096],
            "data_offsets": [number * TENSOR, (number + 1) * TENSOR],
        }
        for number in range(count)
    }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _ in range(count * TENSOR // BLOCK):
            block = bytearray(os.urandom(BLOCK))
            block[1::2] = block[1::2].translate(UPPER)
            file.write(block)


def measure(command):
    """Seconds, and the peak memory in MB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command} failed")
    return time.perf_counter() - start, usage.ru_maxrss * 1024 / 1e6


def main():
    program = sys.argv[1]
    gib = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    with tempfile.TemporaryDirectory(dir=sys.argv[3] if len(sys.argv) > 3 else None) as folder:
        model, out = Path(folder) / "model.safetensors", Path(folder) / "out.safetensors"
        write_model(model, gib)
        commands = {"cp, then sync": ["sh", "-c", f"cp '{model}' '{out}' && sync '{out}'"]}
        for rate in ["0.001%", "0.01%", "0.1%"]:
            inject = [program, "inject", "--weights", model, "--as-stored", "--rate", rate, "--out", out]
            commands[f"inject, {rate}"] = inject
        measure(["cat", model])
        taken = {name: [] for name in commands}
        # Each begins as often: what memory the system has at hand depends on what was removed before.
        for first in range(RUNS):
            names = list(commands)
            for name in names[first % len(names) :] + names[: first % len(names)]:
                out.unlink(missing_ok=True)
                os.sync()
                taken[name].append(measure(commands[name]))
        copy = statistics.median(seconds for seconds, _ in taken["cp, then sync"])
        print(f"{gib} GiB, median of {RUNS}")
        for name, runs in taken.items():
            seconds = statistics.median(seconds for seconds, _ in runs)
            print(f"{name:16} {seconds:6.2f} s  {seconds / copy:5.2f} of cp  {max(mb for _, mb in runs):5.0f} MB")


main()
