"""What one bit error does to a model of llama.cpp's blocks, by what the bit is: the table of docs/weights.md.

    python3 benches/gguf_roles.py target/release/sram-sim data/simplenet-mnist-clipping-005-8.safetensors

Takes the weights that the packed codes stand for, writes them as GGUF in each type of blocks, and has `inject --as-stored` say what bit
errors at 0.1 % did to weights, role by role. Needs numpy, safetensors and gguf (0.19). Q2_K, Q4_K and Q6_K are rounded to the nearest
here, without the search for better scales that llama.cpp does: the blocks are as full, their weights a little less exact.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file

BLOCK = 256


def half(x):
    return x.astype(np.float16)


def scales_of(groups, steps, signed):
    """Scale (and what is taken off) of each group of weights."""
    if signed:
        return np.abs(groups).max(-1) / steps, None
    low = np.minimum(groups.min(-1), 0)
    return (groups.max(-1) - low) / steps, -low


def by_super(values, most):
    """Numbers as integers times a float16, one for each block."""
    d = half(values.max(-1, keepdims=True) / most)
    safe = np.where(d == 0, 1, d).astype(np.float32)
    return d, np.clip(np.rint(values / safe), 0, most).astype(np.uint8)


def codes_of(groups, scale, low, most):
    safe = np.where(scale == 0, 1, scale)
    return np.clip(np.rint((groups + low) / safe), 0, most).astype(np.uint8)


def as_bytes(x):
    return np.ascontiguousarray(x).view(np.uint8).reshape(len(x), -1)


def q2_k(weights):
    groups = weights.reshape(-1, 16, 16)
    scale, low = scales_of(groups, 3, False)
    (d, s), (dmin, m) = by_super(scale, 15), by_super(low, 15)
    q = codes_of(groups, (d * s)[..., None].astype(np.float32), (dmin * m)[..., None].astype(np.float32), 3)
    q = q.reshape(-1, 2, 4, 32)
    packed = sum(q[:, :, j] << (2 * j) for j in range(4)).astype(np.uint8)
    return np.concatenate([s | m << 4, packed.reshape(len(d), 64), as_bytes(d), as_bytes(dmin)], -1)


def q4_k(weights):
    groups = weights.reshape(-1, 8, 32)
    scale, low = scales_of(groups, 15, False)
    (d, s), (dmin, m) = by_super(scale, 63), by_super(low, 63)
    q = codes_of(groups, (d * s)[..., None].astype(np.float32), (dmin * m)[..., None].astype(np.float32), 15)
    packed = q[:, 0::2] | q[:, 1::2] << 4
    first = [s[:, j] | (s[:, j + 4] >> 4) << 6 for j in range(4)]
    second = [m[:, j] | (m[:, j + 4] >> 4) << 6 for j in range(4)]
    third = [s[:, j + 4] & 15 | (m[:, j + 4] & 15) << 4 for j in range(4)]
    scales = np.stack(first + second + third, -1).astype(np.uint8)
    return np.concatenate([as_bytes(d), as_bytes(dmin), scales, packed.reshape(len(d), 128)], -1)


def q6_k(weights):
    groups = weights.reshape(-1, 16, 16)
    scale, _ = scales_of(groups, 31, True)
    d, s = by_super(scale, 127)
    step = (d * s)[..., None].astype(np.float32)
    q = codes_of(groups, step, 32 * step, 63).reshape(-1, 2, 4, 32)
    low = np.concatenate([(q[:, :, 0] & 15) | (q[:, :, 2] & 15) << 4, (q[:, :, 1] & 15) | (q[:, :, 3] & 15) << 4], -1)
    high = sum((q[:, :, j] >> 4) << (2 * j) for j in range(4)).astype(np.uint8)
    return np.concatenate([low.reshape(len(d), 128), high.reshape(len(d), 64), s, as_bytes(d)], -1)


OWN = {"Q2_K": q2_k, "Q4_K": q4_k, "Q6_K": q6_k}


def encoded(weights, name):
    kind = gguf.GGMLQuantizationType[name]
    raw = OWN[name](weights) if name in OWN else gguf.quants.quantize(weights, kind)
    error = np.sqrt(np.mean((gguf.quants.dequantize(raw, kind).reshape(weights.shape) - weights) ** 2))
    return kind, raw, error / weights.std()


def main(program, codes):
    with tempfile.TemporaryDirectory() as folder:
        floats, model = Path(folder) / "floats.safetensors", Path(folder) / "model.gguf"
        subprocess.run([program, "inject", "--weights", codes, "--rate", "0", "--out", floats], check=True, capture_output=True)
        weights = np.concatenate([w.ravel() for w in load_file(floats).values() if w.ndim > 1]).astype(np.float32)
        weights = weights[: len(weights) // BLOCK * BLOCK].reshape(-1, BLOCK)
        print(f"{weights.size} weights, standard deviation {weights.std():.4f}")
        print("type   rounding  role          share of bits %  weights changed by an error  rms change of a changed weight")
        for name in ["Q4_0", "Q4_1", "Q5_0", "Q8_0", "IQ4_NL", "Q2_K", "Q4_K", "Q6_K"]:
            try:
                kind, raw, error = encoded(weights, name)
            except NotImplementedError:
                continue
            writer = gguf.GGUFWriter(model, "none")
            writer.add_tensor("w", raw, raw_dtype=kind)
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()
            command = [program, "inject", "--weights", model, "--as-stored", "--rate", "0.1%", "--format", "json"]
            report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            bits = sum(role["bits"] for role in report["roles"])
            for role in report["roles"]:
                changed = role["changed_weights"] - role["not_finite"]
                rms = role["l2"] / max(changed, 1) ** 0.5 / weights.std()
                share, each = 100 * role["bits"] / bits, role["weights_per_bit_error"] or 0
                print(f"{name:6} {error:7.3f}   {role['role']:13} {share:15.1f}  {each:27.2f}  {rms:29.3g}")


if __name__ == "__main__":
    main(*sys.argv[1:])
