"""What the programs of this folder need of the machine they run on."""

import os
import pathlib
import platform
import shutil
import sys

# The settings of memory that sram-sim gives itself.
TUNABLES = "glibc.malloc.trim_threshold=4294967296:glibc.malloc.mmap_threshold=1073741824"


def cpu():
    """Name, family and model."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines() if os.path.exists("/proc/cpuinfo") else []
    values = dict(reversed([[part.strip() for part in line.split(":", 1)] for line in lines if ":" in line]))
    name = values.get("model name", platform.machine())
    return f"{name} (family {values.get('cpu family', '?')}, model {values.get('model', '?')})"


def check_program(program):
    """Ends if there is no such program."""
    if shutil.which(program) is None:
        sys.exit(f"there is no program {program}: expected an installed sram-sim with networks, or its path (--program)")


def warn_if_busy():
    """Says so if other programs use this machine: threads that wait for each other then take several times as long, in PyTorch
    and in sram-sim, and not equally so."""
    load = os.getloadavg()[0]
    if load > 0.5:
        print(f"warning: other programs use this machine (load {load:.1f}): ratios are not to be trusted", file=sys.stderr)


def use_settings_of_memory():
    """Starts the program anew with sram-sim's settings of memory, unless it has settings."""
    if "glibc.malloc" not in os.environ.get("GLIBC_TUNABLES", ""):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "GLIBC_TUNABLES": TUNABLES})
