#!/usr/bin/python3
"""The peer of bench/train.c: the same MADE, batch and optimizer in PyTorch, masks as weight * mask. Arguments: HIDDEN BATCH SECONDS."""
import sys
import time

import numpy as np
import torch

hidden = [int(h) for h in (sys.argv[1] if len(sys.argv) > 1 else "500").split(",")]
batch = int(sys.argv[2]) if len(sys.argv) > 2 else 100
seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 3.0
torch.set_num_threads(2)
torch.manual_seed(1)
D = 784


class Masked(torch.nn.Module):
    def __init__(self, inputs, outputs, mask):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(outputs, inputs) * (1.0 / inputs) ** 0.5)
        self.bias = torch.nn.Parameter(torch.zeros(outputs))
        self.register_buffer("mask", mask)

    def forward(self, x):
        return torch.nn.functional.linear(x, self.weight * self.mask, self.bias)


degrees = [np.arange(1, D + 1)] + [1 + np.arange(h) * (D - 1) // h for h in hidden]
layers, previous = [], degrees[0]
for degree in degrees[1:]:
    mask = torch.from_numpy((degree[:, None] >= previous[None, :]).astype(np.float32))
    layers += [Masked(len(previous), len(degree), mask), torch.nn.ReLU()]
    previous = degree
mask = torch.from_numpy((np.arange(1, D + 1)[:, None] > previous[None, :]).astype(np.float32))
layers.append(Masked(len(previous), D, mask))
net = torch.nn.Sequential(*layers)
adam = torch.optim.Adam(net.parameters(), lr=1e-3)
x = (torch.rand(batch, D) < 0.13).float()
times = []
began = time.perf_counter()
while len(times) < 3 or time.perf_counter() - began < seconds:
    t0 = time.perf_counter()
    loss = torch.nn.functional.binary_cross_entropy_with_logits(net(x), x, reduction="sum") / batch
    adam.zero_grad(set_to_none=True)
    loss.backward()
    adam.step()
    times.append(time.perf_counter() - t0)
median = sorted(times)[len(times) // 2]
print(f"pytorch made 784-{'-'.join(map(str, hidden))}-784 batch {batch}: {1e3 * median:.2f} ms/step, {batch / median:.0f} examples/s")
