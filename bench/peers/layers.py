"""Layers of the peers' networks: PyTorch's best way to say what one of our layers says, and `load`,
which takes our weights: ours are [taps, inputs][outputs], a mask's taps in raster order."""
import math

import torch
from torch.nn.functional import conv1d, conv2d, conv_transpose2d, linear, pad


def parameter(*size):
    return torch.nn.Parameter(torch.empty(*size))


class Layer(torch.nn.Module):
    """One with a name of ours. A weight has `outputs` along `dim`."""

    def __init__(self, name, size, dim=0, norm=False, bias=True):
        super().__init__()
        self.name, self.dim, self.norm = name, dim, norm
        self.weight = parameter(*size)
        self.bias = parameter(size[dim]) if bias else None
        self.gain = parameter(*[n if i == dim else 1 for i, n in enumerate(size)]) if norm else None
        self.reset()

    def reset(self):
        inputs = self.weight.numel() // self.weight.shape[self.dim]
        torch.nn.init.normal_(self.weight, std=1 / math.sqrt(inputs))
        if self.bias is not None:
            torch.nn.init.zeros_(self.bias)
        if self.norm:
            torch.nn.init.ones_(self.gain)

    def value(self):
        """g v / |v|, by PyTorch's fused operation."""
        return torch._weight_norm(self.weight, self.gain, self.dim) if self.norm else self.weight

    def load(self, ours):
        self.set(self.weight, self.arrange(ours[f"{self.name}.weight"]))
        if self.bias is not None:
            self.set(self.bias, ours[f"{self.name}.bias"])
        if self.norm:
            self.set(self.gain, ours[f"{self.name}.gain"].reshape(self.gain.shape))

    @staticmethod
    def set(parameter, value):
        assert parameter.shape == value.shape, (parameter.shape, value.shape)
        parameter.data.copy_(value)


class Dense(Layer):
    """Over the last axis."""

    def __init__(self, name, inputs, outputs, norm=False):
        super().__init__(name, (outputs, inputs), norm=norm)

    def arrange(self, w):
        return w.reshape(self.weight.shape[1], -1).t()

    def forward(self, x):
        return linear(x, self.value(), self.bias)


class Several(torch.nn.Module):
    """Dense layers of ours that read the same, as one product."""

    def __init__(self, names, inputs, outputs):
        super().__init__()
        self.names = names
        self.weight = parameter(len(names) * outputs, inputs)
        self.bias = parameter(len(names) * outputs)
        torch.nn.init.normal_(self.weight, std=1 / math.sqrt(inputs))
        torch.nn.init.zeros_(self.bias)

    def load(self, ours):
        Layer.set(self.weight, torch.cat([ours[f"{n}.weight"].t() for n in self.names]))
        Layer.set(self.bias, torch.cat([ours[f"{n}.bias"] for n in self.names]))

    def forward(self, x):
        return linear(x, self.weight, self.bias)


class Conv(Layer):
    """Reads rows top .. bottom and columns left .. right, as distances: no weight is masked."""

    def __init__(self, name, inputs, outputs, rows=(0, 0), columns=(0, 0), norm=False, stride=1):
        height, width = rows[1] - rows[0] + 1, columns[1] - columns[0] + 1
        super().__init__(name, (outputs, inputs, height, width), norm=norm)
        self.pads, self.stride = (-columns[0], columns[1], -rows[0], rows[1]), stride

    def arrange(self, w):
        outputs, inputs, height, width = self.weight.shape
        return w.reshape(height, width, inputs, outputs).permute(3, 2, 0, 1)

    def forward(self, x):
        x = x if self.pads == (0, 0, 0, 0) else pad(x, self.pads)
        return conv2d(x, self.value(), self.bias, stride=self.stride)


class ConvUp(Layer):
    """Transposed, of stride 2, to a grid of `size`; taps are distances on the finer grid."""

    def __init__(self, name, inputs, outputs, rows, columns, size, norm=False):
        height, width = rows[1] - rows[0] + 1, columns[1] - columns[0] + 1
        super().__init__(name, (inputs, outputs, height, width), dim=1, norm=norm)
        self.first, self.size = (-rows[0], -columns[0]), size

    def arrange(self, w):
        inputs, outputs, height, width = self.weight.shape
        return w.reshape(height, width, inputs, outputs).permute(2, 3, 0, 1)

    def forward(self, x):
        y = conv_transpose2d(x, self.value(), self.bias, stride=2)
        (top, left), (height, width) = self.first, self.size
        y = pad(y, (0, max(0, left + width - y.shape[3]), 0, max(0, top + height - y.shape[2])))
        return y[:, :, top : top + height, left : left + width]


class MaskedConv(Layer):
    """kernel x kernel under the mask of a PixelCNN: taps before the centre, and it too (type B)."""

    def __init__(self, name, inputs, outputs, kernel, centre):
        super().__init__(name, (outputs, inputs, kernel, kernel))
        mask = torch.zeros(kernel, kernel)
        mask[: kernel // 2] = 1
        mask[kernel // 2, : kernel // 2 + centre] = 1
        self.register_buffer("mask", mask.expand_as(self.weight).contiguous())

    def arrange(self, w):
        outputs, inputs, kernel, _ = self.weight.shape
        taps = int(self.mask[0, 0].sum())
        full = torch.zeros(kernel * kernel, inputs, outputs)
        full[:taps] = w.reshape(taps, inputs, outputs)
        return full.reshape(kernel, kernel, inputs, outputs).permute(3, 2, 0, 1)

    def forward(self, x):
        return conv2d(x, self.weight * self.mask, self.bias, padding=self.weight.shape[2] // 2)


class MaskedLinear(Layer):
    def __init__(self, name, mask):
        super().__init__(name, mask.shape)
        self.register_buffer("mask", mask.float())

    def arrange(self, w):
        return w

    def forward(self, x):
        return linear(x, self.weight * self.mask, self.bias)


class Causal(Layer):
    """Along (batch, channels, time): two taps, `dilation` apart, the last one at the cell."""

    def __init__(self, name, inputs, outputs, dilation):
        super().__init__(name, (outputs, inputs, 2))
        self.dilation = dilation

    def arrange(self, w):
        outputs, inputs, taps = self.weight.shape
        return w.reshape(taps, inputs, outputs).permute(2, 1, 0)

    def forward(self, x):
        return conv1d(pad(x, (self.dilation, 0)), self.weight, self.bias, dilation=self.dilation)


class Table(Layer):
    def __init__(self, name, rows, channels, what="table"):
        super().__init__(name, (rows, channels), bias=False)
        self.what = what

    def load(self, ours):
        self.set(self.weight, ours[f"{self.name}.{self.what}"].reshape(self.weight.shape))

    def forward(self, symbols):
        return torch.nn.functional.embedding(symbols, self.weight)


class Norm(torch.nn.LayerNorm):
    def __init__(self, name, channels):
        super().__init__(channels, eps=1e-5)
        self.name = name

    def load(self, ours):
        Layer.set(self.weight, ours[f"{self.name}.gain"])
        Layer.set(self.bias, ours[f"{self.name}.bias"])


def live(network):
    """Parameters that are used: what a mask leaves out is none."""
    count = 0
    for module in network.modules():
        for name, value in module.named_parameters(recurse=False):
            mask = getattr(module, "mask", None)
            count += int(mask.sum()) if name == "weight" and mask is not None else value.numel()
    return count
