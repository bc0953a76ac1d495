"""The cached WaveNet of a library, as it comes: wavenet_vocoder 0.1.1 from PyPI, with the layers
and widths of `wavenet` in bench/networks.h, after its make_generation_fast_(). It reads one-hots
and draws one recording at a time, by numpy.random.choice.

library.py SECONDS THREADS"""
import sys

import torch
from wavenet_vocoder import WaveNet

import networks
from rounds import rounds

SAMPLES = 256  # of a call


def network():
    ours = networks.NETWORKS["wavenet"][1]()
    layers, channels, gates = len(ours.gates), *ours.outs[0].weight.shape[:2]
    model = WaveNet(out_channels=networks.LEVELS, layers=layers,
                    stacks=sum(d == 1 for d in ours.dilations), residual_channels=channels,
                    gate_channels=2 * gates, skip_out_channels=ours.skip.weight.shape[0],
                    kernel_size=2, dropout=0)
    model.make_generation_fast_()
    return model.eval()


@torch.no_grad()
def main(seconds, threads):
    torch.set_num_threads(int(threads))
    model = network()
    rounds(lambda: model.incremental_forward(T=SAMPLES), 1, float(seconds), low=20, parts=SAMPLES)


main(*sys.argv[1:])
