"""Whether a peer's network is ours: as many parameters, and, given our weights, the same outputs.
Both are compared with the peer in float64: rounding may differ, and what a network makes of it.

check.py BUILD: BUILD has bench/bench_outputs, which says what ours says, and bench/bench_queue."""
import json
import os
import struct
import subprocess
import sys

import numpy as np
import torch

import networks
import sample
from jax_peer import NETWORKS as IN_JAX
from layers import live

HERE = os.path.dirname(os.path.abspath(__file__))
TOLERANCE = 1e-4  # of the largest output
# PyTorch's LSTM has two biases in each layer where one would do.
UNPAIRED = {"lstm": -2 * 2048}


def read_model(path):
    """The tensors of a model file, which is safetensors."""
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    header.pop("__metadata__")
    return {name: torch.from_numpy(np.frombuffer(data[slice(*tensor["data_offsets"])], "<f4")
                                   .reshape(tensor["shape"]).copy())
            for name, tensor in header.items() if tensor["dtype"] == "F32"}


def load(network, ours):
    networks.DecoderLayer.act = staticmethod(networks.quick_gelu)
    for module in network.modules():
        if hasattr(module, "load"):
            module.load(ours)


def write_queue(folder, ours):
    """The weights of bench/peers/queue.c, in its order."""
    layers = 18
    names = ["first1.table", "first2.table"]
    names += [f"layer{i + 1}.gate.weight" for i in range(layers)]
    names += [f"layer{i + 1}.gate.bias" for i in range(layers)]
    names += [f"layer{i + 1}.out.weight" for i in range(layers - 1)]
    names += [f"layer{i + 1}.out.bias" for i in range(layers - 1)]
    names += [f"{name}.{what}" for name in ("skip1", "head", "logits")
              for what in ("weight", "bias")]
    with open(f"{folder}/queue", "wb") as file:
        for name in names:
            file.write(ours[name].numpy().tobytes())


def examples(network, values):
    x = torch.from_numpy(values.astype(np.int64))
    if isinstance(network, networks.Binary):
        x = x.to(next(network.parameters()).dtype)
        x = x.reshape(-1, 1, networks.SIDE, networks.SIDE) if network.image else x
    return x


def outputs(name, ours, values, dtype, shape):
    _, make = networks.NETWORKS[name]
    network = make().to(dtype)
    load(network, ours)
    with torch.no_grad():
        return network, network(examples(network, values)).reshape(shape).double()


def compare(folder, name):
    ours = read_model(f"{folder}/model")
    values = np.fromfile(f"{folder}/x", "<u2").reshape(2, -1)
    said = torch.from_numpy(np.fromfile(f"{folder}/outputs", "<f4"))
    said = said.reshape(values.shape[1], 2, -1).transpose(0, 1)
    network, exact = outputs(name, ours, values, torch.float64, said.shape)
    _, single = outputs(name, ours, values, torch.float32, said.shape)
    off, peer_off = ((x - exact).abs().max().item() / exact.abs().max().item()
                     for x in (said, single))
    all_of, used = sum(p.numel() for p in network.parameters()), live(network)
    count = sum(value.numel() for value in ours.values())
    print(f"{name}: {count} parameters, the peer's {all_of}, of which masks leave {used}; from "
          f"float64 our outputs differ by {off:.1e} of the largest, the peer's by {peer_off:.1e}")
    if name == "wavenet":
        write_queue(folder, ours)
    same = off < TOLERANCE or off < 2 * peer_off < 100 * TOLERANCE
    return same and count in (all_of, used, all_of + UNPAIRED.get(name, 0))


def check(build, name):
    folder = f"{build}/peers/outputs/{name}"
    os.makedirs(folder, exist_ok=True)
    subprocess.run([f"{build}/bench/bench_outputs", name, folder], check=True)
    same = compare(folder, name)
    if name in sample.KINDS:
        same &= all(sample.check(name, compiled) for compiled in (False, True))
    if name in IN_JAX:
        peer = [sys.executable, os.path.join(HERE, "jax_peer.py"), "check", folder, name]
        same &= subprocess.run(peer).returncode == 0
    if name == "wavenet":
        same &= subprocess.run([f"{build}/bench/bench_queue", "check", folder]).returncode == 0
    return same


def main(build):
    # made-8000-8000 is made-500 with other numbers.
    wrong = [name for name in networks.NETWORKS
             if name != "made-8000-8000" and not check(build, name)]
    sys.exit(f"not the same network: {', '.join(wrong)}" if wrong else 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
