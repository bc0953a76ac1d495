#!/usr/bin/python3
"""The peer of bench/charrnn.c: the same LSTM, batch and optimizer in PyTorch. Arguments: WIDTH LAYERS BATCH SECONDS STEPS."""
import sys
import time

import torch

width = int(sys.argv[1]) if len(sys.argv) > 1 else 512
layers = int(sys.argv[2]) if len(sys.argv) > 2 else 2
batch = int(sys.argv[3]) if len(sys.argv) > 3 else 32
seconds = float(sys.argv[4]) if len(sys.argv) > 4 else 5.0
steps = int(sys.argv[5]) if len(sys.argv) > 5 else 128
SYMBOLS = 65
torch.set_num_threads(2)
torch.manual_seed(1)


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(SYMBOLS, width, layers)
        self.out = torch.nn.Linear(width, SYMBOLS)

    def forward(self, x, state=None):
        h, state = self.lstm(torch.nn.functional.one_hot(x, SYMBOLS).float(), state)
        return self.out(h), state


net = Network()
adam = torch.optim.Adam(net.parameters(), lr=1e-3)
x = torch.randint(SYMBOLS, (steps + 1, batch))
times = []
began = time.perf_counter()
cpu = time.process_time()
while len(times) < 3 or time.perf_counter() - began < seconds:
    t0 = time.perf_counter()
    logits, _ = net(x[:-1])
    loss = torch.nn.functional.cross_entropy(logits.reshape(-1, SYMBOLS), x[1:].reshape(-1), reduction="sum") / batch
    adam.zero_grad(set_to_none=True)
    loss.backward()
    adam.step()
    times.append(time.perf_counter() - t0)
cpu = (time.process_time() - cpu) / len(times)
median = sorted(times)[len(times) // 2]
print(f"pytorch charrnn lstm {layers}x{width}, {SYMBOLS} symbols, {steps} steps, batch {batch}: {1e3 * median:.1f} ms/step, "
      f"{batch / median:.1f} examples/s (processor {1e3 * cpu:.0f} ms/step)")
with torch.no_grad():
    for b in (1, 16):
        symbol, state, made = torch.zeros(1, b, dtype=torch.long), None, 0
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            logits, state = net(symbol, state)
            symbol = torch.multinomial(torch.softmax(logits[0], 1), 1).T
            made += b
        print(f"pytorch charrnn lstm {layers}x{width}, cached sampling, batch {b}: {made / (time.perf_counter() - began):.0f} symbols/s")
