#!/usr/bin/env python3
"""Times what people write in NumPy for random bit errors in 8-bit weights, and one pass over the weights, on this machine.

Sparse: so many errors as a binomial number says, at positions with replacement, toggled in place by `bitwise_xor.at`. Dense: a
uniform float32 for each bit, compared with the rate, packed and XORed. A pass is an in-place XOR with a constant, in the same
run. Each figure is the median of the rounds, in ns a weight, and in passes. One thread; takes a minute.

    python3 benches/peers.py
"""

import argparse
import pathlib
import statistics
import sys
import time

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).parent / "networks"))
from machine import cpu, warn_if_busy  # noqa: E402

CHUNK = 1 << 20


def sparse(weights, rate, random):
    bits = weights.size * 8
    positions = random.integers(0, bits, random.binomial(bits, rate))
    numpy.bitwise_xor.at(weights, positions >> 3, numpy.uint8(1) << (positions & 7).astype(numpy.uint8))


def dense(weights, rate, random):
    for begin in range(0, weights.size, CHUNK):
        chunk = weights[begin : begin + CHUNK]
        chunk ^= numpy.packbits(random.random(chunk.size * 8, dtype=numpy.float32) < rate)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bytes", type=int, default=100_000_000, help="of weights [default: 100000000]")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, of which the median counts [default: 3]")
    options = parser.parse_args()
    if options.bytes < 1 or options.rounds < 1:
        parser.error("--bytes and --rounds: expected at least 1")
    warn_if_busy()
    random = numpy.random.default_rng(0)
    weights = numpy.zeros(options.bytes, dtype=numpy.uint8)

    def nanoseconds(work):
        seconds = []
        for _ in range(options.rounds):
            start = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - start)
        return statistics.median(seconds) / weights.size * 1e9

    def once():
        numpy.bitwise_xor(weights, 0x55, out=weights)

    print(f"{cpu()}, NumPy {numpy.__version__}, {weights.size:,} bytes; ns a weight (passes)")
    for rate in [1e-4, 1e-3, 1e-2, 1e-1]:
        one = nanoseconds(once)
        times = {work.__name__: nanoseconds(lambda: work(weights, rate, random)) for work in (sparse, dense)}
        figures = "  ".join(f"{name} {time:.3g} ({time / one:.3g})" for name, time in times.items())
        print(f"{rate:.2%}: one pass {one:.3g}; {figures}", flush=True)


if __name__ == "__main__":
    main()
