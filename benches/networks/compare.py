#!/usr/bin/env python3
"""Times ResNet-20 on test images of CIFAR-10 in PyTorch's eager mode and in sram-sim, in turn, on this machine.

Needs PyTorch (measured with 2.11) and an installed sram-sim with networks. Both get the same weights, the same images and as
many threads. PyTorch's figure is that of its fastest memory format and batch size; sram-sim's is the time of one map, injection
and all, with its defaults: the difference of a run with many maps and one with few, so that neither loading libtorch nor reading
images counts. Each figure is the median of the rounds. "Wrong in both" is the share of images that get a wrong class without
bit errors; it must be the same. The memory allocator of PyTorch is the one of the C library with its defaults, and with --tuned
the settings that sram-sim gives itself. Takes three minutes.

    python3 benches/networks/compare.py --weights resnet20.safetensors --cifar10 cifar-10-batches-py
"""

import argparse
import json
import lzma
import pathlib
import pickle
import statistics
import struct
import subprocess
import sys
import time

from machine import check_program, cpu, use_settings_of_memory, warn_if_busy


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", required=True, help="of ResNet-20, as safetensors")
    parser.add_argument("--cifar10", required=True, type=pathlib.Path, help="folder with CIFAR-10, binary or Python version")
    parser.add_argument("--program", default="sram-sim", help="the program [default: sram-sim]")
    parser.add_argument("--images", type=int, default=2000, help="of the test images [default: 2000]")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="numbers of threads, a row each [default: 1 2]")
    parser.add_argument("--batches", type=int, nargs="+", default=[32, 100, 250], help="to try in PyTorch [default: 32 100 250]")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, of which the median counts [default: 3]")
    parser.add_argument("--maps", type=int, nargs=2, default=[1, 5], help="few and many [default: 1 5]")
    parser.add_argument("--tuned", action="store_true", help="give PyTorch sram-sim's settings of memory")
    return parser.parse_args()


def safetensors(path):
    """Tensors of a safetensors file of floats, by name."""
    import torch

    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            if end > len(data):
                sys.exit(f"{path}: tensor {name} ends at byte {end}, the file at {len(data)}")
            flat = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32) if end > begin else torch.empty(0)
            tensors[name.removeprefix("module.")] = flat.reshape(entry["shape"])
    return tensors


def test_images(folder, count):
    """Images in 0..1, normalised as the weights were trained, and labels."""
    import torch

    files = {file.name: file for file in folder.rglob("test_batch*")}
    if "test_batch" in files:
        batch = pickle.loads(files["test_batch"].read_bytes(), encoding="bytes")
        pixels, labels = torch.tensor(batch[b"data"]), torch.tensor(batch[b"labels"])
    elif "test_batch.bin" in files or "test_batch.bin.xz" in files:
        file = files.get("test_batch.bin") or files["test_batch.bin.xz"]
        data = lzma.open(file).read() if file.suffix == ".xz" else file.read_bytes()
        rows = torch.frombuffer(bytearray(data), dtype=torch.uint8).reshape(-1, 1 + 3 * 32 * 32)
        pixels, labels = rows[:, 1:], rows[:, 0].long()
    else:
        sys.exit(f"no test_batch, test_batch.bin or test_batch.bin.xz in {folder}")
    images = pixels[:count].reshape(-1, 3, 32, 32).float() / 255
    mean = torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1)
    return (images - mean) / std, labels[:count]


def resnet20():
    """ResNet-20 for CIFAR with shortcuts of option A, in evaluation."""
    import torch
    from torch import nn
    from torch.nn import functional

    class Block(nn.Module):
        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(outputs)
            self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(outputs)
            self.stride, self.zeros = stride, (outputs - inputs) // 2

        def forward(self, x):
            short = x
            if self.stride != 1:
                short = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.zeros, self.zeros))
            x = functional.relu(self.bn1(self.conv1(x)), inplace=True)
            return functional.relu(self.bn2(self.conv2(x)) + short, inplace=True)

    class ResNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
            inputs = 16
            for number, (outputs, stride) in enumerate([(16, 1), (32, 2), (64, 2)], 1):
                blocks = [Block(inputs, outputs, stride)] + [Block(outputs, outputs, 1) for _ in range(2)]
                setattr(self, f"layer{number}", nn.Sequential(*blocks))
                inputs = outputs
            self.linear = nn.Linear(64, 10)

        def forward(self, x):
            x = functional.relu(self.bn1(self.conv1(x)), inplace=True)
            x = self.layer3(self.layer2(self.layer1(x)))
            return self.linear(torch.flatten(functional.adaptive_avg_pool2d(x, 1), 1))

    return ResNet().eval()


def pytorch(options, threads):
    """Seconds of PyTorch's fastest variant, what it is, and the share of wrong answers."""
    import torch

    torch.set_num_threads(threads)
    network = resnet20()
    missing, unexpected = network.load_state_dict(safetensors(options.weights), strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        sys.exit(f"weights are not those of ResNet-20: missing {missing}, unexpected {unexpected}")
    images, labels = test_images(options.cifar10, options.images)
    found = []
    for name, form in [("contiguous", torch.contiguous_format), ("channels last", torch.channels_last)]:
        network = network.to(memory_format=form)
        for size in options.batches:
            batches = [batch.contiguous(memory_format=form) for batch in images.split(size)]
            seconds = []
            with torch.inference_mode():
                for _ in range(options.rounds + 1):
                    start = time.perf_counter()
                    outputs = [network(batch) for batch in batches]
                    seconds.append(time.perf_counter() - start)
            wrong = (torch.cat(outputs).argmax(1) != labels).float().mean().item()
            found.append((statistics.median(seconds[1:]), f"{name}, batches of {size}", wrong))
    return min(found)


def program(options, threads):
    """Seconds of one map, and the share of wrong answers before quantisation."""
    few, many = options.maps

    def run(maps):
        command = [options.program, "eval", "--model", "resnet20", "--weights", options.weights]
        command += ["--data", f"cifar10:{options.cifar10}", "--images", str(options.images), "--rate", "1%"]
        command += ["--maps", str(maps), "--threads", str(threads), "--format", "json"]
        start = time.perf_counter()
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return time.perf_counter() - start, json.loads(done.stdout)["err_float"]

    seconds = [(run(many)[0] - run(few)[0]) / (many - few) for _ in range(options.rounds)]
    return statistics.median(seconds), run(few)[1]


def main():
    options = arguments()
    if not pathlib.Path(options.weights).is_file():
        sys.exit(f"there is no file {options.weights}: expected the weights of ResNet-20 as safetensors")
    check_program(options.program)
    if options.tuned:
        use_settings_of_memory()
    warn_if_busy()
    import torch

    print(f"{cpu()}, PyTorch {torch.__version__}, ResNet-20, {options.images} images of CIFAR-10")
    print("threads  PyTorch s  fastest variant                 sram-sim s a map  times as fast  wrong in both")
    for threads in options.threads:
        peer, variant, wrong = pytorch(options, threads)
        own, own_wrong = program(options, threads)
        if round(wrong * options.images) != round(own_wrong * options.images):
            sys.exit(f"answers differ: {wrong:.2%} are wrong in PyTorch, {own_wrong:.2%} in sram-sim")
        print(f"{threads:7}  {peer:9.3f}  {variant:30}  {own:16.3f}  {peer / own:13.2f}  {wrong:13.2%}")


if __name__ == "__main__":
    main()
