# Sums of codes for numpy_sums.rs: the paper's arithmetic in NumPy, with numbers of Python (float64) and arrays of float32.
#   python3 numpy_sums.py
import numpy as np

w = ((np.arange(50000, dtype=np.uint64) * 2654435761 % 2**32).astype(np.float64) / 2**32 * 0.7 - 0.3).astype(np.float32)


def codes(scheme, bits, clip):
    parts = scheme.split("+")
    asymmetric = parts[0] == "rquant" or "asymmetric" in parts
    unsigned = parts[0] == "rquant" or "unsigned" in parts
    rounded = parts[0] == "rquant" or "rounded" in parts
    steps = 2 ** (bits - 1) - 1
    x = w if clip is None else np.clip(w, -clip, clip)
    reach = float(np.max(np.abs(w))) + 0.001
    if clip is not None:
        reach = min(reach, clip)
    if parts[0] == "global":
        reach = 1 + 0.001
    lo, hi = float(x.min()), float(x.max())
    if bits == 32:
        x = x.astype(np.float64)
    if asymmetric:
        x, reach = (x - lo) / (hi - lo) * 2 - 1, 1 + 0.001
    x = x / (reach / steps)
    if bits == 32:
        x = np.clip(x, -steps, steps)
    if unsigned:
        x = np.minimum(x + 2 ** (bits - 1), 2**bits - 1)
    x = np.rint(x) if rounded else np.trunc(x)
    return x.astype(np.int64) % 2**bits


for scheme in ["normal", "normal+rounded", "normal+unsigned", "normal+asymmetric", "rquant", "global"]:
    for bits in [2, 4, 8, 16, 32]:
        for clip in [None, 0.1]:
            c = codes(scheme, bits, clip).astype(np.uint64)
            total = int(np.sum(c * np.arange(1, len(c) + 1, dtype=np.uint64)))
            print(f'    ("{scheme}", {bits}, {"None" if clip is None else f"Some({clip})"}, {total:_}),')
