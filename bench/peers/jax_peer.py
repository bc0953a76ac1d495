"""Networks of bench/networks.h in JAX, jitted, where it is a peer: MADEs, PixelCNNs and the LSTM.
Parameters have our names. One compiled call is a step: forward, backward and Adam, or 32 characters
of a text in one scan, which is as quick as JAX samples.

jax_peer.py train|sample NETWORK SECONDS THREADS [BATCH]: rounds, as train.py and sample.py.
jax_peer.py check FOLDER NETWORK: our weights and values of FOLDER (check.py); whether it has our
outputs."""
import os
import sys

os.environ["JAX_PLATFORMS"] = "cpu"

import numpy as np

PIXELS, SIDE, SYMBOLS, STEPS = 784, 28, 65, 128
CHARACTERS = 32  # of a call


def use(threads):
    """Before JAX is imported: XLA has as many threads as it sees processors."""
    if int(threads) == 1:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"


class Made:
    def __init__(self, *hidden):
        degrees = [np.arange(1, PIXELS + 1)]
        degrees += [1 + np.arange(h) * (PIXELS - 1) // h for h in hidden]
        self.masks = {f"hidden{i + 1}": after[None, :] >= before[:, None]
                      for i, (before, after) in enumerate(zip(degrees, degrees[1:]))}
        self.masks["logits"] = degrees[0][None, :] > degrees[-1][:, None]
        self.masks = {name: mask.astype(np.float32) for name, mask in self.masks.items()}
        self.shapes = {name: mask.shape for name, mask in self.masks.items()}
        self.shape = (PIXELS,)

    def arrange(self, name, w):
        return w.T

    def logits(self, p, x):
        for name, mask in self.masks.items():
            x = x @ (p[f"{name}.weight"] * mask) + p[f"{name}.bias"]
            x = jax.nn.relu(x) if name != "logits" else x
        return x


class PixelCNN:
    def __init__(self, blocks, channels, head):
        h = channels
        self.blocks, self.shape = blocks, (SIDE, SIDE, 1)
        self.shapes = {"first": (7, 7, 1, 2 * h), "head": (2 * h, head), "logits": (head, 1)}
        for i in range(blocks):
            self.shapes |= {f"block{i + 1}.in": (2 * h, h), f"block{i + 1}.masked": (3, 3, h, h),
                            f"block{i + 1}.out": (h, 2 * h)}

    @staticmethod
    def mask(shape, type_b):
        mask = np.zeros((*shape[:2], 1, 1), np.float32)
        middle = shape[0] // 2
        mask[:middle] = 1
        mask[middle, : middle + type_b] = 1
        return mask

    def arrange(self, name, w):
        """Ours are [taps of the mask, inputs][outputs]."""
        shape = self.shapes[name]
        if len(shape) == 2:
            return w.reshape(shape)
        taps = self.mask(shape, name != "first").reshape(-1) > 0
        whole = np.zeros((shape[0] * shape[1], *shape[2:]), np.float32)
        whole[taps] = w.reshape(taps.sum(), *shape[2:])
        return whole.reshape(shape)

    def layer(self, p, name, x):
        w = p[f"{name}.weight"]
        if w.ndim == 2:
            x = x @ w
        else:
            x = jax.lax.conv_general_dilated(x, w * self.mask(w.shape, name != "first"), (1, 1),
                                             "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        return x + p[f"{name}.bias"]

    def logits(self, p, x):
        relu = jax.nn.relu
        x = self.layer(p, "first", x)
        for i in range(self.blocks):
            y = self.layer(p, f"block{i + 1}.in", relu(x))
            y = self.layer(p, f"block{i + 1}.masked", relu(y))
            x = x + self.layer(p, f"block{i + 1}.out", relu(y))
        return self.layer(p, "logits", relu(self.layer(p, "head", relu(x))))


class Recurrent:
    """Gates i f o g; the first layer has a table, whose last row is what a text begins with."""

    def __init__(self, width):
        self.width = width
        self.shapes = {"layer1.lstm.recurrent": (width, 4 * width),
                       "layer1.table": (SYMBOLS + 1, 4 * width),
                       "layer2.lstm.recurrent": (width, 4 * width), "layer2": (width, 4 * width),
                       "logits": (width, SYMBOLS)}

    def arrange(self, name, w):
        return w

    @staticmethod
    def cell(gates, c):
        i, f, o, g = jnp.split(gates, 4, -1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return jax.nn.sigmoid(o) * jnp.tanh(c), c

    def run(self, inputs, recurrent):
        def step(state, x):
            h, c = self.cell(x + state[0] @ recurrent, state[1])
            return (h, c), h

        zero = jnp.zeros((inputs.shape[1], self.width))
        return jax.lax.scan(step, (zero, zero), inputs)[1]

    def logits(self, p, x):
        seen = jnp.concatenate([jnp.full_like(x[:, :1], SYMBOLS), x[:, :-1]], 1).T
        h = self.run(p["layer1.table"][seen], p["layer1.lstm.recurrent"])
        h = self.run(h @ p["layer2.weight"] + p["layer2.bias"], p["layer2.lstm.recurrent"])
        return (h @ p["logits.weight"] + p["logits.bias"]).transpose(1, 0, 2)

    def begin(self, batch):
        zeros = jnp.zeros((batch, self.width))
        return jnp.full(batch, SYMBOLS), zeros, zeros, zeros, zeros

    def draw(self, p, state, key):
        x, h0, c0, h1, c1 = state
        h0, c0 = self.cell(p["layer1.table"][x] + h0 @ p["layer1.lstm.recurrent"], c0)
        h1, c1 = self.cell(h0 @ p["layer2.weight"] + p["layer2.bias"]
                           + h1 @ p["layer2.lstm.recurrent"], c1)
        x = jax.random.categorical(key, h1 @ p["logits.weight"] + p["logits.bias"])
        return (x, h0, c0, h1, c1), x


NETWORKS = {"made-500": (100, lambda: Made(500)), "made-8000-8000": (100, lambda: Made(8000, 8000)),
            "lstm": (32, lambda: Recurrent(512)), "pixelcnn": (32, lambda: PixelCNN(7, 64, 128)),
            "pixelcnn-narrow": (40, lambda: PixelCNN(15, 16, 32))}


def whole(name):
    """The parameter's name: a layer has a weight and a bias, a table or recurrent weights stand
    alone."""
    return name if name.endswith(("table", "recurrent")) else f"{name}.weight"


def random_parameters(network, random):
    p = {}
    for name, shape in network.shapes.items():
        inputs = np.prod(shape[:-1])
        p[whole(name)] = random.normal(0, inputs ** -0.5, shape).astype(np.float32)
        if whole(name) != name:
            p[f"{name}.bias"] = np.zeros(shape[-1], np.float32)
    return jax.tree.map(jnp.asarray, p)


def nll(network, p, x):
    z = network.logits(p, x)
    if isinstance(network, Recurrent):
        each = jax.nn.log_softmax(z)
        return -jnp.take_along_axis(each, x[:, :, None], 2).sum() / x.shape[0]
    return (jnp.maximum(z, 0) - z * x + jnp.log1p(jnp.exp(-jnp.abs(z)))).sum() / x.shape[0]


def train(name, seconds, threads):
    batch, make = NETWORKS[name]
    network, random = make(), np.random.default_rng(1)
    if name == "lstm":
        x = jnp.asarray(random.integers(0, SYMBOLS, (batch, STEPS)))
    else:
        x = jnp.asarray((random.random((batch, *network.shape)) < 0.13).astype(np.float32))

    def step(p, m, v, t, x):
        g = jax.grad(lambda p: nll(network, p, x))(p)
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        rate = 1e-3 * jnp.sqrt(1 - 0.999 ** t) / (1 - 0.9 ** t)
        p = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), p, m, v)
        return p, m, v, t

    step = jax.jit(step, donate_argnums=(0, 1, 2))
    p = random_parameters(network, random)
    state = [p, jax.tree.map(jnp.zeros_like, p), jax.tree.map(jnp.zeros_like, p), jnp.float32(0)]

    def one():
        state[:] = step(*state, x)
        jax.block_until_ready(state)

    rounds(one, batch, float(seconds))


def sample(name, seconds, threads, batch):
    network, batch = NETWORKS[name][1](), int(batch)
    p = random_parameters(network, np.random.default_rng(1))

    @jax.jit
    def characters(p, state, key):
        return jax.lax.scan(lambda state, key: network.draw(p, state, key), state,
                            jax.random.split(key, CHARACTERS))

    state, key = [network.begin(batch)], [jax.random.key(1)]

    def call():
        key[0], one = jax.random.split(key[0])
        state[0], x = characters(p, state[0], one)
        x.block_until_ready()

    rounds(call, batch, float(seconds), low=20, parts=CHARACTERS)


def check(folder, name):
    from check import TOLERANCE, read_model

    network, ours, p = NETWORKS[name][1](), read_model(f"{folder}/model"), {}
    for layer in network.shapes:
        p[whole(layer)] = network.arrange(layer, ours.pop(whole(layer)).numpy())
        if whole(layer) != layer:
            p[f"{layer}.bias"] = ours.pop(f"{layer}.bias").numpy()
    x = np.fromfile(f"{folder}/x", "<u2").reshape(2, -1).astype(np.int32)
    says = jax.jit(network.logits)(p, x if name == "lstm" else
                                   x.reshape(2, *network.shape).astype(np.float32))
    said = np.fromfile(f"{folder}/outputs", "<f4").reshape(x.shape[1], 2, -1).transpose(1, 0, 2)
    off = np.abs(np.asarray(says).reshape(said.shape) - said).max() / np.abs(said).max()
    print(f"{name}: JAX differs from ours by {off:.1e} of the largest")
    sys.exit(bool(ours) or not off < TOLERANCE)


VERBS = {"train": train, "sample": sample, "check": check}

if __name__ == "__main__":
    verb, *rest = sys.argv[1:]
    use(rest[2] if verb != "check" else 0)
    import jax
    import jax.numpy as jnp

    from rounds import rounds

    jax.config.update("jax_default_matmul_precision", "highest")
    VERBS[verb](*rest)
