"""The peer of bench/train.c: forward, backward, Adam (fused) on random data.

train.py NETWORK SECONDS THREADS MODE: eager, compile, and with -cl channels_last (convolutions)."""
import sys

import torch

from networks import NETWORKS
from rounds import rounds


def main(name, seconds, threads, mode):
    torch.set_num_threads(int(threads))
    torch.set_float32_matmul_precision("highest")
    torch.manual_seed(1)
    batch, make = NETWORKS[name]
    network = make()
    x = network.example(batch)
    if mode.endswith("-cl"):
        network = network.to(memory_format=torch.channels_last)
        x = x.to(memory_format=torch.channels_last)
    adam = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    nll = torch.compile(network.nll) if mode.startswith("compile") else network.nll

    def step():
        loss = nll(x)
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()

    rounds(step, batch, float(seconds))


main(*sys.argv[1:])
