#!/usr/bin/env python3
"""Times training in PyTorch's eager mode and in sram-sim, in turn, on this machine: images a second.

Needs PyTorch (measured with 2.11) and an installed sram-sim with networks. Both train the same networks (GroupNorm, as the paper
has them) with batches of 128, Nesterov's momentum and weight decay, without augmentation, on images of noise. PyTorch's step is
float throughout: forward, backward, SGD; its figure is that of its faster memory format. sram-sim's clean step quantises all
weights beside (rquant, clipped to 0.1), that of randbet has a second pass under random bit errors of 1 %. Each figure is that of
an epoch after the first, the median of the rounds. The memory allocator of PyTorch is the one of the C library with its defaults,
and with --tuned the settings that sram-sim gives itself.

    python3 benches/networks/train.py --threads 1 2
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from machine import check_program, cpu, use_settings_of_memory, warn_if_busy

# Shape of an image, and images of an epoch.
NETWORKS = {
    "lenet5": ([1, 28, 28], 12800),
    "simplenet-mnist": ([1, 28, 28], 1024),
    "resnet20-gn": ([3, 32, 32], 1024),
    "simplenet": ([3, 32, 32], 512),
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="sram-sim", help="the program [default: sram-sim]")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS), help="[default: all]")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="numbers of threads, a row each [default: 1 2]")
    parser.add_argument("--rounds", type=int, default=3, help="epochs of each, of which the median counts [default: 3]")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32", help="of both")
    parser.add_argument("--tuned", action="store_true", help="give PyTorch sram-sim's settings of memory")
    return parser.parse_args()


def groups(channels):
    fits = [count for count in (32, 24, 16, 8) if 2 * count <= channels and channels % count == 0]
    return fits[0] if fits else max(channels // 2, 1)


def lenet5():
    from torch import nn

    conv = [nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)]
    dense = [nn.Linear(256, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)]
    return nn.Sequential(*conv, nn.Flatten(), *dense)


def simplenet(inputs, stages):
    from torch import nn

    layers = []
    for outputs, side, pool in stages:
        layers += [nn.Conv2d(inputs, outputs, side, padding=side // 2), nn.GroupNorm(groups(outputs), outputs), nn.ReLU(True)]
        layers += [nn.MaxPool2d(2)] if pool else []
        inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 10))


def simplenet_mnist():
    wide = [(32, 3, 0)] + [(64, 3, 0)] * 2 + [(64, 3, 1)] + [(64, 3, 0)] * 2 + [(128, 3, 1), (256, 3, 1)]
    return simplenet(1, [*wide, (1024, 1, 0), (128, 1, 1), (128, 3, 0)])


def simplenet_cifar():
    wide = [(64, 3, 0)] + [(128, 3, 0)] * 2 + [(128, 3, 1)] + [(128, 3, 0)] * 2 + [(256, 3, 1), (256, 3, 0), (256, 3, 1)]
    return simplenet(3, [*wide, (512, 3, 1), (2048, 1, 0), (256, 1, 1), (256, 3, 0)])


def resnet20_gn():
    import torch
    from torch import nn
    from torch.nn import functional

    def conv(inputs, outputs, stride):
        return nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.GroupNorm(groups(outputs), outputs)

    class Block(nn.Module):
        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.main = nn.Sequential(*conv(inputs, outputs, stride), nn.ReLU(True), *conv(outputs, outputs, 1))
            self.stride, self.zeros = stride, (outputs - inputs) // 2

        def forward(self, x):
            short = x
            if self.stride != 1:
                short = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.zeros, self.zeros))
            return functional.relu(self.main(x) + short)

    blocks, inputs = [], 16
    for outputs, stride in [(16, 1), (32, 2), (64, 2)]:
        blocks += [Block(inputs, outputs, stride)] + [Block(outputs, outputs, 1) for _ in range(2)]
        inputs = outputs
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)]
    return nn.Sequential(*conv(3, 16, 1), nn.ReLU(True), *blocks, *head)


BUILD = {"lenet5": lenet5, "simplenet-mnist": simplenet_mnist, "resnet20-gn": resnet20_gn, "simplenet": simplenet_cifar}


def noise(name, folder):
    """A file of images for sram-sim, and the images."""
    import numpy

    shape, count = NETWORKS[name]
    random = numpy.random.default_rng(0)
    images = random.integers(0, 256, (count, *shape), dtype=numpy.uint8)
    labels = random.integers(0, 10, count, dtype=numpy.uint8)
    labels[:10] = range(10)
    file = folder / f"{name}.npz"
    numpy.savez(file, x_train=images, y_train=labels, x_test=images[:10], y_test=labels[:10])
    return file, images, labels


def pytorch(name, images, labels, options, threads):
    """Images a second in the faster memory format, and which one that is."""
    import torch

    torch.set_num_threads(threads)
    images, labels = torch.from_numpy(images), torch.from_numpy(labels).long()
    found = []
    for form in [torch.contiguous_format, torch.channels_last]:
        network = BUILD[name]().to(memory_format=form)
        settings = {"lr": 0.001, "momentum": 0.9, "nesterov": True, "weight_decay": 5e-4}
        optimiser = torch.optim.SGD(network.parameters(), **settings)
        rates = []
        for _ in range(options.rounds + 1):
            start = time.perf_counter()
            for batch in torch.randperm(len(images)).split(128):
                pixels = (images[batch].float() / 255 - 0.5).contiguous(memory_format=form)
                with torch.autocast("cpu", torch.bfloat16, enabled=options.precision == "bfloat16"):
                    loss = torch.nn.functional.cross_entropy(network(pixels).float(), labels[batch])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
            rates.append(len(images) / (time.perf_counter() - start))
        found.append((statistics.median(rates[1:]), str(form).removeprefix("torch.")))
    return max(found)


def program(name, file, options, threads, method):
    """Images a second of a method."""
    with tempfile.TemporaryDirectory() as folder:
        command = [options.program, "train", "--model", name, "--data", str(file), "--method", method, "--out", f"{folder}/run"]
        command += ["--wmax", "0.1", "--threads", str(threads), "--augment", "none", "--learning-rate", "0.001"]
        command += ["--epochs", str(options.rounds + 1), "--test-every", "1000", "--precision", options.precision]
        command += ["--rate", "1%", "--start-loss", "1000"] if method == "randbet" else []
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(command)}: {done.stderr}")
        lines = [json.loads(line) for line in (pathlib.Path(folder) / "run/log.jsonl").read_text().splitlines()]
        rates = [line["images_per_second"] for line in lines if "images_per_second" in line]
        return statistics.median(rates[1:])


def main():
    options = arguments()
    check_program(options.program)
    if options.tuned:
        use_settings_of_memory()
    warn_if_busy()
    import torch

    print(f"{cpu()}, PyTorch {torch.__version__}, {options.precision}, images a second")
    print("network          threads  PyTorch  memory format       clean  times as fast  randbet  clean by randbet")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.networks:
            file, images, labels = noise(name, pathlib.Path(folder))
            for threads in options.threads:
                peer, form = pytorch(name, images, labels, options, threads)
                clean, perturbed = (program(name, file, options, threads, method) for method in ["clipping", "randbet"])
                figures = f"{peer:7.0f}  {form:17}  {clean:7.0f}  {clean / peer:13.2f}  {perturbed:7.0f}  {clean / perturbed:16.2f}"
                print(f"{name:15}  {threads:7}  {figures}", flush=True)


if __name__ == "__main__":
    main()
