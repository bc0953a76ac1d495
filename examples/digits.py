# One lecture in code: likelihood models of small digits, from counting to a network.
#
#   pip install '.[sklearn]' && python examples/digits.py
#
# The cells ("# %%") can be run one by one in an editor. The data come with scikit-learn: 1797
# pictures of 8 x 8, here of 0 and 1. A few seconds.

# %% The data: a likelihood is worth what it is on pictures that were not seen.
import zlib

import numpy as np
from sklearn.datasets import load_digits

import likely

pictures, digit = load_digits(return_X_y=True)
X = (pictures > 7).astype(np.uint8).reshape(-1, 8, 8)
order = np.random.default_rng(0).permutation(len(X))
train, valid, test = np.split(order, [1200, 1400])


def show(*images):
    for row in range(8):
        print("   ".join("".join(" #"[int(v)] * 2 for v in image[row]) for image in images))
    print()


show(*X[train[:4]])

# %% Four families: coins for pixels, a mixture of such, one network, one that is told the digit.
models = {
    "uniform": likely.train(X[train], family="uniform"),
    "histogram": likely.train(X[train], family="histogram", joint="no"),
    "mixture": likely.train(X[train], family="bernoulli-mixture", components=30, valid=X[valid]),
    "made": likely.train(X[train], family="made", hidden=200, epochs=60, valid=X[valid]),
}
for name, model in models.items():
    nats = -model.log_prob(X[test]).mean()
    print(f"{name:10} {nats:7.2f} nats = {nats / np.log(2) / 64:.3f} bits per pixel")

made = models["made"]

# %% Generate: draws, and the lower half of a digit given its upper one.
show(*made.sample(4))
half = X[test[:2]].astype(int)
half[:, 4:] = -1
show(*X[test[:2]], *made.sample(2, given=half))

# %% Compress: at the rate that the likelihood promises, and no file format does.
promised = -made.log_prob(X[test]).sum() / np.log(2) / 8
packed = zlib.compress(np.packbits(X[test]).tobytes(), 9)
coded = made.compress(X[test])
print(f"promised {promised:.0f} bytes, coded {len(coded)}, zlib {len(packed)}")
assert np.array_equal(made.decompress(coded), X[test])

# %% Judge: pictures that are upside down are improbable, and it shows where.
usual, strange = made.score(X[test]), made.score(X[test][:, ::-1])
for name, scored in (("test", usual), ("upside down", strange)):
    found = np.mean(scored.p_value < 0.05)
    print(f"{name:12} {scored.nll_nats.mean():6.2f} nats, p < 0.05 of {100 * found:.0f} %")
worst = X[test[np.argmax(usual.nll_nats)]]
show(worst, made.surprisal(worst[None])[0] > 2)

# %% Bayes' rule: p(digit | picture) from p(picture | digit).
held_out = (X[valid], digit[valid])
given = likely.train(X[train], digit[train], hidden=200, epochs=60, valid=held_out)
joint = np.stack([given.log_prob(X[test], label) for label in range(10)], axis=1)
right = np.mean(joint.argmax(axis=1) == digit[test])
print(f"the digit is right in {100 * right:.1f} %")
show(*given.sample(4, labels=[3, 1, 4, 1]))
