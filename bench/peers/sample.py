"""The peer of bench/sample.c: cached sampling, a step written by hand for each network. All symbols
are drawn by argmax p / e with e from Exp(1), which is quicker than torch.multinomial.

sample.py NETWORK SECONDS THREADS BATCH MODE: eager, or compile (inductor, frozen weights, a C++
wrapper)."""
import sys

import torch
from torch.nn.functional import embedding, linear, relu, scaled_dot_product_attention

import networks
from networks import NETWORKS, PIXELS, SIDE, tanh_gate
from rounds import rounds


def draw(logits):
    p = torch.softmax(logits, 1)
    return (p / torch.empty_like(p).exponential_()).argmax(1)


class Cached(torch.nn.Module):
    """says(state, t): what the network says of cell t, from the symbols that `told` has had. t is
    a tensor of one number, so that one compiled step serves all."""

    binary, whole = False, False

    def forward(self, state, t):
        logits = self.says(state, t)
        symbol = torch.bernoulli(torch.sigmoid(logits[:, 0])) if self.binary else draw(logits)
        self.told(state, t, symbol)
        return symbol


def frozen(*values):
    return torch.nn.ParameterList(torch.nn.Parameter(v.detach().contiguous(), requires_grad=False)
                                  for v in values)


class CachedRecurrent(Cached):
    """Both products of a layer in one; the first layer's input weights are looked up."""

    def __init__(self, network):
        super().__init__()
        p = dict(network.lstm.named_parameters())
        bias = [p[f"bias_ih_l{i}"] + p[f"bias_hh_l{i}"] for i in (0, 1)]
        self.width, self.cells = network.lstm.hidden_size, networks.STEPS
        self.w = frozen(torch.cat([p["weight_ih_l0"].t() + bias[0], bias[0][None]]),
                        p["weight_hh_l0"],
                        torch.cat([p["weight_ih_l1"], p["weight_hh_l1"]], 1), bias[1],
                        network.logits.weight, network.logits.bias)

    def begin(self, batch):
        return [torch.full((batch,), networks.SYMBOLS),
                *[torch.zeros(batch, self.width) for _ in range(4)]]

    @staticmethod
    def cell(gates, c):
        i, f, g, o = gates.chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c

    def says(self, state, t):
        x, h0, c0, h1, c1 = state
        table, u0, u1, b1, w, b = self.w
        h0, c0 = self.cell(linear(h0, u0) + embedding(x, table), c0)
        h1, c1 = self.cell(linear(torch.cat([h0, h1], 1), u1, b1), c1)
        state[1:] = h0, c0, h1, c1
        return linear(h1, w, b)

    def told(self, state, t, symbol):
        state[0] = symbol


class CachedPixelCNN(Cached):
    """The inputs of each block's 3 x 3 convolution are kept, [cells of a padded image][batch]."""

    binary, cells = True, PIXELS

    def __init__(self, network):
        super().__init__()
        at = lambda conv: (conv.weight[:, :, 0, 0].t(), conv.bias)
        taps = lambda conv: (conv.weight.flatten(2)[:, :, conv.mask[0, 0].flatten() > 0]
                             .permute(2, 1, 0).flatten(0, 1), conv.bias)
        values = [*taps(network.first)]
        for into, masked, out in network.blocks:
            values += [*at(into), *taps(masked), *at(out)]
        self.w = frozen(*values, *at(network.head), *at(network.logits))
        self.blocks, self.channels = len(network.blocks), network.head.weight.shape[1] // 2
        row, column = torch.arange(PIXELS) // SIDE, torch.arange(PIXELS) % SIDE
        of = lambda reach, width: torch.tensor([
            [y * width + x for y in range(reach + 1) for x in range(2 * reach + 1)
             if y < reach or x < reach] for _ in range(1)]) + (row * width + column)[:, None]
        self.register_buffer("first", of(3, SIDE + 6))
        self.register_buffer("before", of(1, SIDE + 2))

    def begin(self, batch):
        return [torch.zeros((SIDE + 3) * (SIDE + 6), batch),
                *[torch.zeros((SIDE + 1) * (SIDE + 2), batch, self.channels)
                  for _ in range(self.blocks)]]

    def says(self, state, t):
        batch = state[0].shape[1]
        first = self.first.index_select(0, t)[0]
        before = self.before.index_select(0, t)[0]
        own = before[-1:] + 1
        a = torch.addmm(self.w[1], state[0].index_select(0, first).t(), self.w[0])
        for n, cache in enumerate(state[1:]):
            w1, b1, w2, b2, w3, b3 = self.w[2 + 6 * n : 8 + 6 * n]
            u = relu(torch.addmm(b1, relu(a), w1))
            cache.index_copy_(0, own, u[None])
            seen = cache.index_select(0, torch.cat([before, own]))
            u = torch.addmm(b2, seen.transpose(0, 1).reshape(batch, -1), w2)
            a = a + torch.addmm(b3, relu(u), w3)
        w1, b1, w2, b2 = self.w[-4:]
        return torch.addmm(b2, relu(torch.addmm(b1, relu(a), w1)), w2)

    def told(self, state, t, symbol):
        own = self.first.index_select(0, t)[0][-1:] + 1
        state[0].index_copy_(0, own, symbol[None].float())


class CachedTransformer(Cached):
    """Keys and values of all cells are kept, [batch][heads][time][channels]. Compiled, a step reads
    all of these under a mask, so that shapes stay; eager, those that there are."""

    cells = networks.STEPS

    def __init__(self, network):
        super().__init__()
        self.network = network
        self.register_buffer("at", torch.arange(self.cells))

    def begin(self, batch):
        layer = self.network.layers[0]
        width = layer.mixed.weight.shape[0]
        size = (batch, layer.heads, self.cells, width // layer.heads)
        return [self.network.start.weight.expand(batch, -1).contiguous(),
                *[torch.zeros(size) for _ in range(2 * len(self.network.layers))]]

    def says(self, state, t):
        x = (state[0] + self.network.place(t))[:, None]
        seen = (self.at <= t)[None, None, None] if self.whole else None
        for i, layer in enumerate(self.network.layers):
            q, k, v = layer.split(x)
            keys, values = state[1 + 2 * i : 3 + 2 * i]
            keys.index_copy_(2, t, k)
            values.index_copy_(2, t, v)
            if not self.whole:
                keys, values = keys[:, :, : int(t) + 1], values[:, :, : int(t) + 1]
            x = layer.join(x, scaled_dot_product_attention(q, keys, values, attn_mask=seen))
        return self.network.logits(self.network.norm(x))[:, 0]

    def told(self, state, t, symbol):
        state[0] = self.network.symbol(symbol) + self.network.stands(t)


class CachedWaveNet(Cached):
    """The queues of Le Paine et al., "Fast Wavenet Generation Algorithm", 2016: of each layer's
    input so many cells as its taps stand apart, in a ring."""

    cells = networks.SAMPLES

    def __init__(self, network):
        super().__init__()
        self.dilations, self.channels = network.dilations, network.first[0].weight.shape[1]
        at = lambda layer: (layer.weight[:, :, 0].t(), layer.bias)
        values = [network.first[0].weight, network.first[1].weight]
        for gate in network.gates:
            values += [gate.weight.permute(2, 1, 0).flatten(0, 1), gate.bias]
        self.outs = len(values)
        for out in network.outs:
            values += at(out)
        self.w = frozen(*values, *at(network.skip), *at(network.head), *at(network.logits))

    def begin(self, batch):
        return [torch.full((batch,), networks.LEVELS), torch.full((batch,), networks.LEVELS),
                *[torch.zeros(d, batch, self.channels) for d in self.dilations]]

    def says(self, state, t):
        last, one_before = state[:2]
        x = embedding(last, self.w[0]) + embedding(one_before, self.w[1])
        z = []
        for i, queue in enumerate(state[2:]):
            slot = t % self.dilations[i]
            both = torch.cat([queue.index_select(0, slot)[0], x], 1)
            queue.index_copy_(0, slot, x[None])
            z.append(tanh_gate(torch.addmm(self.w[3 + 2 * i], both, self.w[2 + 2 * i])))
            if self.outs + 2 * i < len(self.w) - 6:
                out, bias = self.w[self.outs + 2 * i : self.outs + 2 * i + 2]
                x = x + torch.addmm(bias, z[-1], out)
        skip, b0, head, b1, logits, b2 = self.w[-6:]
        x = torch.addmm(b0, torch.cat(z, 1), skip)
        return torch.addmm(b2, relu(torch.addmm(b1, relu(x), head)), logits)

    def told(self, state, t, symbol):
        state[:2] = symbol, state[0]


KINDS = {"lstm": CachedRecurrent, "pixelcnn": CachedPixelCNN, "wavenet": CachedWaveNet,
         "transformer-places": CachedTransformer}


def cached(name, network, compiled):
    step = KINDS[name](network).eval()
    step.whole = compiled
    return step


def sample(name, seconds, threads, batch, mode):
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    network = cached(name, NETWORKS[name][1](), mode == "compile")
    step = network
    if mode == "compile":
        import torch._inductor.config as inductor
        inductor.freezing = inductor.cpp_wrapper = True
        step = torch.compile(network)
    times = [torch.tensor([t]) for t in range(network.cells)]
    state, at = network.begin(int(batch)), [0]

    def one():
        step(state, times[at[0] % network.cells])
        at[0] += 1

    rounds(one, int(batch), float(seconds), low=20)


@torch.no_grad()
def check(name, compiled):
    """The cached step, told random symbols, against the network that reads them all."""
    torch.manual_seed(2)
    network = NETWORKS[name][1]()
    step, x = cached(name, network, compiled), network.example(2)
    want = network(x).reshape(2, step.cells, -1)
    state, symbols, got = step.begin(2), x.reshape(2, -1), []
    for t in range(step.cells):
        cell = torch.tensor([t])
        got.append(step.says(state, cell))
        step.told(state, cell, symbols[:, t])
    difference = (torch.stack(got, 1) - want).abs().max().item() / want.abs().max().item()
    print(f"{name}: cached and whole outputs differ by {difference:.1e} of the largest")
    return difference < 1e-4


if __name__ == "__main__":
    with torch.no_grad():
        sample(*sys.argv[1:])
