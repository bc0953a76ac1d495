"""The networks of bench/networks.h in PyTorch, one class or function each, by our names: as a user
who minds speed writes them. `NETWORKS` at the end."""
import math

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, elu, gelu
from torch.nn.functional import pad, relu, scaled_dot_product_attention

from layers import Causal, Conv, ConvUp, Dense, Layer, MaskedConv, MaskedLinear, Norm, Several
from layers import Table, parameter

SIDE, PIXELS = 28, 784
SYMBOLS, STEPS = 65, 128  # of a text
LEVELS, SAMPLES = 256, 1024  # of a recording


class Binary(torch.nn.Module):
    """Of images: says a logit for each pixel."""

    image = True

    def nll(self, x):
        return binary_cross_entropy_with_logits(self(x), x, reduction="sum") / x.shape[0]

    def example(self, batch):
        x = (torch.rand(batch, PIXELS) < 0.13).float()
        return x.reshape(batch, 1, SIDE, SIDE) if self.image else x


class Sequence(torch.nn.Module):
    """Says logits [batch][time][symbols] from symbols [batch][time], each from those before it."""

    symbols, steps = SYMBOLS, STEPS

    def nll(self, x):
        logits = self(x)
        return cross_entropy(logits.reshape(-1, self.symbols), x.reshape(-1),
                             reduction="sum") / x.shape[0]

    def example(self, batch):
        return torch.randint(self.symbols, (batch, self.steps))


# ---- MADE ----------------------------------------------------------------------------------------


class Made(Binary):
    image = False

    def __init__(self, *hidden):
        super().__init__()
        degrees = [torch.arange(1, PIXELS + 1)]
        degrees += [1 + torch.arange(h) * (PIXELS - 1) // h for h in hidden]
        pairs = zip(degrees, degrees[1:])
        self.hidden = torch.nn.ModuleList(
            MaskedLinear(f"hidden{i + 1}", after[:, None] >= before[None, :])
            for i, (before, after) in enumerate(pairs))
        self.logits = MaskedLinear("logits", degrees[0][:, None] > degrees[-1][None, :])

    def forward(self, x):
        for layer in self.hidden:
            x = relu(layer(x))
        return self.logits(x)


# ---- PixelCNN ------------------------------------------------------------------------------------


class PixelCNN(Binary):
    def __init__(self, blocks, channels, head):
        super().__init__()
        self.first = MaskedConv("first", 1, 2 * channels, 7, False)
        self.blocks = torch.nn.ModuleList(self.block(f"block{i + 1}", channels)
                                          for i in range(blocks))
        self.head = Conv("head", 2 * channels, head)
        self.logits = Conv("logits", head, 1)

    @staticmethod
    def block(name, channels):
        return torch.nn.ModuleList([Conv(f"{name}.in", 2 * channels, channels),
                                    MaskedConv(f"{name}.masked", channels, channels, 3, True),
                                    Conv(f"{name}.out", channels, 2 * channels)])

    def forward(self, x):
        x = self.first(x)
        for into, masked, out in self.blocks:
            x = x + out(relu(masked(relu(into(relu(x))))))
        return self.logits(relu(self.head(relu(x))))


# ---- Gated PixelCNN ------------------------------------------------------------------------------


def tanh_gate(x):
    a, b = x.chunk(2, 1)
    return torch.tanh(a) * torch.sigmoid(b)


class GatedLayer(torch.nn.Module):
    def __init__(self, number, p, last):
        super().__init__()
        name, first = f"layer{number}", number == 1
        inputs, reach = (1, 3) if first else (p, 1)
        self.residual, self.last = not first, last
        self.vertical = Conv(f"{name}.vertical", inputs, 2 * p,
                             (-3, -1) if first else (-1, 0), (-reach, reach))
        self.horizontal = Conv(f"{name}.horizontal", inputs, 2 * p,
                               columns=(-3, -1) if first else (-1, 0))
        self.link = Conv(f"{name}.link", 2 * p, 2 * p)
        self.out = Conv(f"{name}.out", p, p)

    def forward(self, v, h):
        above = self.vertical(v)
        out = self.out(tanh_gate(self.horizontal(h) + self.link(above)))
        return None if self.last else tanh_gate(above), h + out if self.residual else out


class GatedPixelCNN(Binary):
    def __init__(self, layers, channels, head):
        super().__init__()
        self.layers = torch.nn.ModuleList(GatedLayer(i + 1, channels, i + 1 == layers)
                                          for i in range(layers))
        self.head = Conv("head", channels, head)
        self.logits = Conv("logits", head, 1)

    def forward(self, x):
        v = h = x
        for layer in self.layers:
            v, h = layer(v, h)
        return self.logits(relu(self.head(relu(h))))


# ---- gated resnets: PixelCNN++ and PixelSNAIL ----------------------------------------------------


def concat_elu(x):
    return elu(torch.cat([x, -x], 1))


def linear_gate(x):
    a, b = x.chunk(2, 1)
    return a * torch.sigmoid(b)


class Resnet(torch.nn.Module):
    """x + gate(conv(f(conv(f(x)) + 1x1(f(a)))))"""

    def __init__(self, name, channels, rows=(0, 0), columns=(0, 0), told=0, doubled=False):
        super().__init__()
        times = 2 if doubled else 1
        self.bend = concat_elu if doubled else elu
        self.into = Conv(f"{name}.in", times * channels, channels, rows, columns, norm=True)
        self.told = Conv(f"{name}.aux", times * told, channels, norm=True) if told else None
        self.gate = Conv(f"{name}.gate", times * channels, 2 * channels, rows, columns, norm=True)

    def forward(self, x, told=None):
        y = self.into(self.bend(x))
        if told is not None:
            y = y + self.told(self.bend(told))
        return x + linear_gate(self.gate(self.bend(y)))


def with_ones(x):
    return torch.cat([x, torch.ones_like(x)], 1)


class PixelCNNPlus(Binary):
    U, UL = (-1, 1), (-1, 0)  # the columns that the streams' convolutions read

    def __init__(self, depth, filters, levels=3):
        super().__init__()
        self.first = torch.nn.ModuleList([
            Conv("first.u", 2, filters, (-2, -1), (-1, 1), norm=True),
            Conv("first.above", 2, filters, (-1, -1), (-1, 1), norm=True),
            Conv("first.left", 2, filters, (-1, 0), (-1, -1), norm=True)])
        resnets = lambda way, level, number: torch.nn.ModuleList([
            Resnet(f"{way}{level}.{number}.u", filters, (-1, 0), self.U,
                   filters if way == "down" else 0, True),
            Resnet(f"{way}{level}.{number}.ul", filters, (-1, 0), self.UL,
                   2 * filters if way == "down" else filters, True)])
        self.up = torch.nn.ModuleList(
            torch.nn.ModuleList(resnets("up", level, i + 1) for i in range(depth))
            for level in range(1, levels + 1))
        self.down = torch.nn.ModuleList(
            torch.nn.ModuleList(resnets("down", level, i + 1)
                                for i in range(depth + (level < levels)))
            for level in range(1, levels + 1))
        self.halve = torch.nn.ModuleList(
            torch.nn.ModuleList(Conv(f"halve{level}.{s}", filters, filters, (-1, 0), columns,
                                     norm=True, stride=2)
                                for s, columns in (("u", self.U), ("ul", self.UL)))
            for level in range(1, levels))
        self.twice = torch.nn.ModuleList(
            torch.nn.ModuleList(ConvUp(f"double{level}.{s}", filters, filters, (0, 1), columns,
                                       (SIDE >> level - 1, SIDE >> level - 1), norm=True)
                                for s, columns in (("u", (-1, 1)), ("ul", (0, 1))))
            for level in range(1, levels))
        self.logits = Conv("logits", filters, 1, norm=True)

    def forward(self, x):
        x = with_ones(x)
        u, ul = self.first[0](x), self.first[1](x) + self.first[2](x)
        said = [(u, ul)]
        for level, resnets in enumerate(self.up):
            if level > 0:
                u, ul = self.halve[level - 1][0](u), self.halve[level - 1][1](ul)
                said.append((u, ul))
            for of_u, of_ul in resnets:
                u = of_u(u)
                ul = of_ul(ul, u)
                said.append((u, ul))
        said.pop()
        for level in reversed(range(len(self.down))):
            if level < len(self.down) - 1:
                u, ul = self.twice[level][0](u), self.twice[level][1](ul)
            for of_u, of_ul in self.down[level]:
                from_u, from_ul = said.pop()
                u = of_u(u, from_u)
                ul = of_ul(ul, torch.cat([u, from_ul], 1))
        return self.logits(elu(ul))


def earlier(query, key, value):
    """Attention to strictly earlier pixels; the first has none, and 0. Keys and queries are padded
    to the width of the values, for which PyTorch has a kernel that keeps no weights."""
    side = query.shape[2:]
    width = value.shape[1]
    query, key = (pad(t, (0, 0, 0, 0, 0, width - t.shape[1])) for t in (query, key))
    q, k, v = (t.flatten(2).transpose(1, 2).unsqueeze(1) for t in (query, key, value))
    scale = 1 / math.sqrt(PixelSNAIL.KEYS)
    y = scaled_dot_product_attention(q[:, :, 1:], k[:, :, :-1], v[:, :, :-1], is_causal=True,
                                     scale=scale)
    return pad(y[:, 0], (0, 0, 1, 0)).transpose(1, 2).unflatten(2, side)


class SnailBlock(torch.nn.Module):
    def __init__(self, name, resnets, channels, keys, values):
        super().__init__()
        self.resnets = torch.nn.ModuleList(
            Resnet(f"{name}.resnet{i + 1}", channels, (-1, 0), (-1, 0)) for i in range(resnets))
        self.held = Resnet(f"{name}.held", channels + 3)
        self.key = Conv(f"{name}.key", channels + 3, keys, norm=True)
        self.value = Conv(f"{name}.value", channels + 3, values, norm=True)
        self.asked = Resnet(f"{name}.asked", channels + 2)
        self.query = Conv(f"{name}.query", channels + 2, keys, norm=True)
        self.joined = Resnet(f"{name}.joined", channels, told=values)

    def forward(self, x, ul, where):
        for resnet in self.resnets:
            ul = resnet(ul)
        held = self.held(torch.cat([x, ul, where], 1))
        asked = self.asked(torch.cat([ul, where], 1))
        return self.joined(ul, earlier(self.query(asked), self.key(held), self.value(held)))


class PixelSNAIL(Binary):
    KEYS = 8

    def __init__(self, blocks, resnets, channels, values=16):
        super().__init__()
        self.above = Conv("first.above", 2, channels, (-1, -1), (-1, 1), norm=True)
        self.left = Conv("first.left", 2, channels, (-1, 0), (-1, -1), norm=True)
        self.blocks = torch.nn.ModuleList(
            SnailBlock(f"block{i + 1}", resnets, channels, self.KEYS, values)
            for i in range(blocks))
        self.logits = Conv("logits", channels, 1, norm=True)
        along = torch.arange(SIDE) / SIDE - 0.5
        where = torch.stack(torch.meshgrid(along, along, indexing="ij"))
        self.register_buffer("where", where[None])

    def forward(self, x):
        seen = with_ones(x)
        ul = self.above(seen) + self.left(seen)
        where = self.where.expand(x.shape[0], -1, -1, -1)
        for block in self.blocks:
            ul = block(x, ul, where)
        return self.logits(elu(ul))


# ---- LSTM ----------------------------------------------------------------------------------------


class Recurrent(Sequence):
    """nn.LSTM (oneDNN's) on one-hot symbols, [time][batch]. Before the first symbol stand zeros."""

    def __init__(self, width, layers=2):
        super().__init__()
        self.lstm = torch.nn.LSTM(SYMBOLS, width, layers)
        self.logits = Dense("logits", width, SYMBOLS)

    def load(self, ours):
        """Our gates are i f o g, PyTorch's i f g o. Our first layer's table holds the bias too, and
        has a row for what stands before the first symbol, where PyTorch has the bias alone."""
        def gates(w):
            i, f, o, g = w.chunk(4, -1)
            return torch.cat([i, f, g, o], -1)

        table = gates(ours["layer1.table"])
        loaded = {"weight_ih_l0": (table[:-1] - table[-1]).t(), "bias_ih_l0": table[-1],
                  "weight_hh_l0": gates(ours["layer1.lstm.recurrent"]).t(),
                  "weight_ih_l1": gates(ours["layer2.weight"]).t(),
                  "bias_ih_l1": gates(ours["layer2.bias"]),
                  "weight_hh_l1": gates(ours["layer2.lstm.recurrent"]).t()}
        for name, value in self.lstm.named_parameters():
            Layer.set(value, loaded.get(name, torch.zeros_like(value)))

    def forward(self, x):
        seen = torch.nn.functional.one_hot(x.t(), SYMBOLS).to(self.logits.weight.dtype)
        seen = torch.cat([torch.zeros_like(seen[:1]), seen[:-1]])
        return self.logits(self.lstm(seen)[0]).transpose(0, 1)


# ---- Transformer ---------------------------------------------------------------------------------


def quick_gelu(x):
    """Ours. PyTorch has no operation for it: its own gelu is what a user takes, and is timed."""
    return x * torch.sigmoid(1.702 * x)


class DecoderLayer(torch.nn.Module):
    act = staticmethod(lambda x: gelu(x, approximate="tanh"))

    def __init__(self, name, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = Norm(f"{name}.norm1", width), Norm(f"{name}.norm2", width)
        self.qkv = Several([f"{name}.{part}" for part in ("query", "key", "value")], width, width)
        self.mixed = Dense(f"{name}.mixed", width, width)
        self.wide = Dense(f"{name}.wide", width, 4 * width)
        self.narrow = Dense(f"{name}.narrow", 4 * width, width)

    def split(self, x):
        """Queries, keys and values, [batch][heads][time][channels]."""
        x = self.qkv(self.norm1(x))
        x = x.reshape(*x.shape[:2], 3, self.heads, -1)
        return x.permute(2, 0, 3, 1, 4)

    def join(self, x, y):
        """y: what attention says."""
        x = x + self.mixed(y.transpose(1, 2).flatten(2))
        return x + self.narrow(self.act(self.wide(self.norm2(x))))

    def forward(self, x):
        q, k, v = self.split(x)
        return self.join(x, scaled_dot_product_attention(q, k, v, is_causal=True))


class Transformer(Sequence):
    def __init__(self, layers, width, heads):
        super().__init__()
        self.symbol = Table("symbol", SYMBOLS, width)
        self.stands, self.place = Table("stands.1", STEPS, width), Table("place.1", STEPS, width)
        self.start = Table("before", 1, width, "start")
        self.layers = torch.nn.ModuleList(DecoderLayer(f"layer{i + 1}", width, heads)
                                          for i in range(layers))
        self.norm = Norm("norm", width)
        self.logits = Dense("logits", width, SYMBOLS)

    def told(self, x):
        seen = self.symbol(x[:, :-1]) + self.stands.weight[:-1]
        start = self.start.weight.expand(x.shape[0], 1, -1)
        return torch.cat([start, seen], 1) + self.place.weight

    def forward(self, x):
        x = self.told(x)
        for layer in self.layers:
            x = layer(x)
        return self.logits(self.norm(x))


# ---- WaveNet -------------------------------------------------------------------------------------


class WaveNet(Sequence):
    symbols, steps = LEVELS, SAMPLES

    def __init__(self, layers, cycle, channels, gates, skip):
        super().__init__()
        self.dilations = [2 ** (i % cycle) for i in range(layers)]
        self.first = torch.nn.ModuleList(Table(f"first{k}", LEVELS + 1, channels) for k in (1, 2))
        self.gates = torch.nn.ModuleList(Causal(f"layer{i + 1}.gate", channels, 2 * gates, d)
                                         for i, d in enumerate(self.dilations))
        self.outs = torch.nn.ModuleList(Pointwise(f"layer{i + 1}.out", gates, channels)
                                        for i in range(layers - 1))
        self.skip = Pointwise("skip1", layers * gates, skip)
        self.head = Pointwise("head", skip, skip)
        self.logits = Pointwise("logits", skip, LEVELS)

    def forward(self, x):
        past = pad(x, (2, 0), value=LEVELS)
        x = self.first[0](past[:, 1:-1]) + self.first[1](past[:, :-2])
        x, z = x.transpose(1, 2), []
        for i, gate in enumerate(self.gates):
            z.append(tanh_gate(gate(x)))
            if i < len(self.outs):
                x = x + self.outs[i](z[-1])
        x = self.head(relu(self.skip(torch.cat(z, 1))))
        return self.logits(relu(x)).transpose(1, 2)


class Pointwise(Layer):
    """1 x 1 along (batch, channels, time)."""

    def __init__(self, name, inputs, outputs):
        super().__init__(name, (outputs, inputs, 1))

    def arrange(self, w):
        return w.reshape(self.weight.shape[1], -1).t().unsqueeze(2)

    def forward(self, x):
        return torch.nn.functional.conv1d(x, self.weight, self.bias)


NETWORKS = {  # by the names of bench/networks.h: batch of training, network
    "made-500": (100, lambda: Made(500)),
    "made-8000-8000": (100, lambda: Made(8000, 8000)),
    "pixelcnn": (32, lambda: PixelCNN(7, 64, 128)),
    "pixelcnn-narrow": (40, lambda: PixelCNN(15, 16, 32)),
    "gated-pixelcnn": (32, lambda: GatedPixelCNN(8, 32, 64)),
    "pixelcnn++": (32, lambda: PixelCNNPlus(2, 32)),
    "pixelsnail": (32, lambda: PixelSNAIL(3, 2, 32)),
    "lstm": (32, lambda: Recurrent(512)),
    "transformer-places": (32, lambda: Transformer(4, 256, 4)),
    "wavenet": (8, lambda: WaveNet(18, 9, 48, 48, 128)),
}
