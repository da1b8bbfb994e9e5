"""Makes a TorchScript module of LeNet-5 from its weights: torchscript.py WEIGHTS.safetensors MODULE.pt"""

import sys

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn.functional import max_pool2d, relu


class LeNet5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(256, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = max_pool2d(relu(self.conv1(x)), 2)
        x = max_pool2d(relu(self.conv2(x)), 2)
        x = relu(self.fc2(relu(self.fc1(torch.flatten(x, 1)))))
        return self.fc3(x)


net = LeNet5()
net.load_state_dict(load_file(sys.argv[1]))
torch.jit.script(net.eval()).save(sys.argv[2])
