#!/usr/bin/python3
"""The peer of bench/train.c and bench/sample.c: the same networks and optimizer in PyTorch.

Arguments: train|sample NETWORK SECONDS [channels_last]. Batches are the same too. Masks are
weight * mask. Sampling is cached where PyTorch has a cache (the state of an LSTM); otherwise it is
one forward pass for every pixel. channels_last is the memory format of convolutions."""
import sys
import time

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, conv2d, cross_entropy
from torch.nn.functional import linear, one_hot

SYMBOLS, STEPS, D = 65, 128, 784


class MaskedLinear(torch.nn.Linear):
    def __init__(self, mask):
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", torch.from_numpy(mask.astype(np.float32)))

    def forward(self, x):
        return linear(x, self.weight * self.mask, self.bias)


class MaskedConv(torch.nn.Conv2d):
    def __init__(self, inputs, outputs, kernel, kind):
        super().__init__(inputs, outputs, kernel, padding=kernel // 2)
        mask = torch.zeros(kernel, kernel)
        mask[: kernel // 2] = 1
        mask[kernel // 2, : kernel // 2 + (kind == "B")] = 1
        self.register_buffer("mask", mask[None, None].expand_as(self.weight).contiguous())

    def forward(self, x):
        return conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)


def relu_conv(inputs, outputs):
    return [torch.nn.ReLU(), torch.nn.Conv2d(inputs, outputs, 1)]


class Block(torch.nn.Module):
    def __init__(self, h):
        super().__init__()
        self.layers = torch.nn.Sequential(*relu_conv(2 * h, h), torch.nn.ReLU(),
                                          MaskedConv(h, h, 3, "B"), *relu_conv(h, 2 * h))

    def forward(self, x):
        return x + self.layers(x)


class Recurrent(torch.nn.Module):
    def __init__(self, width, layers):
        super().__init__()
        self.lstm = torch.nn.LSTM(SYMBOLS, width, layers)
        self.out = torch.nn.Linear(width, SYMBOLS)

    def forward(self, x, state=None):
        h, state = self.lstm(one_hot(x, SYMBOLS).float(), state)
        return self.out(h), state


def made(*hidden):
    degrees = [np.arange(1, D + 1)] + [1 + np.arange(h) * (D - 1) // h for h in hidden]
    layers = []
    for before, after in zip(degrees, degrees[1:]):
        layers += [MaskedLinear(after[:, None] >= before[None, :]), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers, MaskedLinear(degrees[0][:, None] > degrees[-1][None, :]))


def pixelcnn(blocks, h, head):
    return torch.nn.Sequential(MaskedConv(1, 2 * h, 7, "A"), *[Block(h) for _ in range(blocks)],
                               *relu_conv(2 * h, head), *relu_conv(head, 1))


NETWORKS = {  # name: batch of training, network
    "made-500": (100, lambda: made(500)),
    "made-8000-8000": (100, lambda: made(8000, 8000)),
    "pixelcnn": (32, lambda: pixelcnn(7, 64, 128)),
    "pixelcnn-narrow": (40, lambda: pixelcnn(15, 16, 32)),
    "lstm": (32, lambda: Recurrent(512, 2)),
    "lstm-narrow": (32, lambda: Recurrent(128, 2)),
}


def train(name, net, batch, seconds, memory):
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)
    if isinstance(net, Recurrent):
        text = torch.randint(SYMBOLS, (STEPS + 1, batch))
        nll = lambda: cross_entropy(net(text[:-1])[0].reshape(-1, SYMBOLS), text[1:].reshape(-1),
                                    reduction="sum")
    else:
        x = (torch.rand(batch, D) < 0.13).float()
        if not name.startswith("made"):
            x = x.reshape(batch, 1, 28, 28).contiguous(memory_format=memory)
        nll = lambda: binary_cross_entropy_with_logits(net(x), x, reduction="sum")
    times, began, processor = [], time.perf_counter(), time.process_time()
    while len(times) < 3 or time.perf_counter() - began < seconds:
        t0 = time.perf_counter()
        loss = nll() / batch
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        times.append(time.perf_counter() - t0)
    processor = (time.process_time() - processor) / len(times)
    median = sorted(times)[len(times) // 2]
    print(f"pytorch {name}, batch {batch}: {1e3 * median:.2f} ms/step, "
          f"{batch / median:.1f} examples/s (processor {1e3 * processor:.2f} ms)")


def sample_recurrent(net, batch, seconds):
    symbol, state, drawn = torch.zeros(1, batch, dtype=torch.long), None, 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        logits, state = net(symbol, state)
        symbol = torch.multinomial(torch.softmax(logits[0], 1), 1).T
        drawn += batch
    return drawn / (time.perf_counter() - began)


def sample_pixels(net, batch, seconds, memory):
    x = torch.zeros(batch, 1, 28, 28).contiguous(memory_format=memory)
    drawn, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        i = drawn // batch % D
        x.view(batch, D)[:, i] = torch.bernoulli(torch.sigmoid(net(x).reshape(batch, D)[:, i]))
        drawn += batch
    return drawn / (time.perf_counter() - began)


def sample(name, net, seconds, memory):
    recurrent = isinstance(net, Recurrent)
    with torch.no_grad():
        for batch in (1, 16):
            if recurrent:
                how, speed = "cached", sample_recurrent(net, batch, seconds)
            else:
                how, speed = "naive", sample_pixels(net, batch, seconds, memory)
            print(f"pytorch {name}, sampling {how}, batch {batch}: {speed:.1f} symbols/s")


def main():
    verb, name, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    memory = torch.channels_last if sys.argv[4:] == ["channels_last"] else torch.contiguous_format
    torch.set_num_threads(2)
    torch.manual_seed(1)
    batch, make = NETWORKS[name]
    net = make()
    if memory == torch.channels_last:
        net = net.to(memory_format=memory)
    if verb == "train":
        train(name, net, batch, seconds, memory)
    else:
        sample(name, net, seconds, memory)


main()
