"""What the programs of this folder need of the machine they run on."""

import os
import pathlib
import platform
import sys

# The settings of memory that sram-sim gives itself.
TUNABLES = "glibc.malloc.trim_threshold=4294967296:glibc.malloc.mmap_threshold=1073741824"


def cpu():
    """Name, family and model."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines() if os.path.exists("/proc/cpuinfo") else []
    values = dict(reversed([[part.strip() for part in line.split(":", 1)] for line in lines if ":" in line]))
    name = values.get("model name", platform.machine())
    return f"{name} (family {values.get('cpu family', '?')}, model {values.get('model', '?')})"


def use_settings_of_memory():
    """Starts the program anew with sram-sim's settings of memory, unless it has settings."""
    if "glibc.malloc" not in os.environ.get("GLIBC_TUNABLES", ""):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "GLIBC_TUNABLES": TUNABLES})
