# %% [markdown]
# # Likelihood models, from counting to PixelCNN
#
# A model of pictures is a probability distribution $p(x)$. It is trained by maximum likelihood and
# judged by what it gives to pictures that it has not seen, in bits per pixel. Every model here is a
# product over the pixels in some order,
#
# $$\log p(x) = \sum_v \log p(x_v \mid x_1, \ldots, x_{v-1}),$$
#
# and they differ only in how much of the past a factor reads, and how. One trained model draws,
# completes, compresses and judges.
#
# The data come with scikit-learn: 1797 digits of 8 x 8 pixels, here of four levels of
# grey, 0 to 3.

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

import likely

pictures, digit = load_digits(return_X_y=True)
X = np.minimum(pictures // 4, 3).astype(np.uint8).reshape(-1, 8, 8)
order = np.random.default_rng(0).permutation(len(X))
train, valid, test = (X[part] for part in np.split(order, [1200, 1400]))


def show(rows, titles=None):
    """A row of pictures for each entry."""
    figure, axes = plt.subplots(len(rows), len(rows[0]), figsize=(len(rows[0]), len(rows)))
    for line, row in zip(np.atleast_2d(axes), rows):
        for axis, picture in zip(line, row):
            axis.imshow(picture, cmap="gray_r", vmin=0, vmax=3)
            axis.set_xticks([])
            axis.set_yticks([])
    for line, title in zip(np.atleast_2d(axes), titles or []):
        line[0].set_ylabel(title, rotation=0, ha="right", va="center")
    plt.show()


def bits(model, data=test):
    return -model.log_prob(data).mean() / np.log(2) / 64


show([train[:10]])
models = {}

# %% [markdown]
# ## 1. Nothing, then counting
#
# Without any knowledge a pixel costs two bits. Counting how often each pixel has each level, and
# taking the pixels for independent, is a histogram for each. A histogram of all 64 pixels together
# would have $4^{64}$ cells, of which the 1200 pictures fill at most 1200: that is the curse of
# dimension.

# %%
models["uniform"] = likely.train(train, family="uniform")
models["histogram"] = likely.train(train, family="histogram", joint="no")
print({name: round(float(bits(model)), 3) for name, model in models.items()})

# %% [markdown]
# ## 2. A mixture: several kinds of pictures
#
# $p(x) = \sum_k \pi_k \prod_v p_k(x_v)$, fitted by expectation and maximization. Pixels depend on
# each other through the component that drew them all.

# %%
models["mixture"] = likely.train(train, family="bernoulli-mixture", components=30, valid=valid)

# %% [markdown]
# ## 3. A factor for each pixel: logistic regression, NADE, MADE
#
# FVSBN predicts each pixel from those before it by a logistic regression. NADE gives all of these
# one hidden layer, whose sum runs along the pixels. MADE masks a usual network, so that one pass
# computes all factors.

# %%
models["fvsbn"] = likely.train(train, family="fvsbn", epochs=60, valid=valid)
models["nade"] = likely.train(train, family="nade", hidden=100, epochs=80, valid=valid)
curve = []
models["made"] = likely.train(
    train,
    family="made",
    hidden=200,
    epochs=60,
    valid=valid,
    progress=lambda told: curve.append(told) if told.epoch_ended else None,
)
scale = np.log(2) * 64
plt.plot([told.epoch for told in curve], [told.train_nll_nats / scale for told in curve])
plt.plot([told.epoch for told in curve], [told.valid_nll_nats / scale for told in curve])
plt.legend(["training", "validation"])
plt.xlabel("epoch of MADE")
plt.ylabel("bits per pixel")
plt.show()

# %% [markdown]
# ## 4. PixelCNN: pictures are not vectors
#
# A stroke looks alike wherever it is. Masked convolutions read the pixels above and to the left
# with the same weights everywhere.

# %%
models["pixelcnn"] = likely.train(
    train,
    family="pixelcnn",
    blocks=4,
    channels=16,
    dropout=0.2,
    epochs=60,
    valid=valid,
    ema=0.99,
)

# %% [markdown]
# ## The comparison
#
# One number for all, in bits per pixel of the pictures that no model has seen.

# %%
table = {name: bits(model) for name, model in models.items()}
plt.barh(list(table)[::-1], list(table.values())[::-1])
plt.xlabel("bits per pixel, test")
plt.show()
for name, value in table.items():
    print(f"{name:10} {value:.3f} bits per pixel, {models[name].info['parameters']:6} parameters")
assert np.isclose(table["uniform"], 2.0)
assert table["pixelcnn"] < table["made"] < table["mixture"] < table["histogram"] < 2.0

# %% [markdown]
# Draws say what the numbers mean: independent pixels, blurred types, strokes.

# %%
named = ["histogram", "mixture", "made", "pixelcnn"]
show([models[name].sample(10, seed=7) for name in named], named)

# %% [markdown]
# ## The same number, three uses
#
# **Complete**: the upper half is given, the lower one drawn, four times.

# %%
best = models["pixelcnn"]
half = test[:10].astype(int)
half[:, 4:] = -1
show([test[:10]] + [best.sample(10, given=half, seed=seed) for seed in range(4)])

# %% [markdown]
# **Compress**: the code is as long as the likelihood says, but for some bytes of header.

# %%
coded = best.compress(test)
promised = -best.log_prob(test).sum() / np.log(2) / 8
print(f"promised {promised:.0f} bytes, coded {len(coded)}, at two bits {test.size // 4}")
assert np.array_equal(best.decompress(coded), test) and len(coded) < promised + 200

# %% [markdown]
# **Judge**: pictures that are upside down are improbable, and the surprisal of each pixel says
# where.

# %%
usual, strange = best.score(test), best.score(test[:, ::-1])
plt.hist([usual.nll_nats, strange.nll_nats], bins=30, label=["test", "upside down"])
plt.xlabel("nats")
plt.legend()
plt.show()
worst = test[:, ::-1][np.argsort(-strange.nll_nats)[:5]]
show([worst, best.surprisal(worst)], ["picture", "surprisal"])
assert strange.nll_nats.mean() > usual.nll_nats.mean() + 5

# %% [markdown]
# ## Nothing of this is taken on trust
#
# `check` restores samples through the coder, which runs the network pixel by pixel where `log_prob`
# runs it at once; the bits are the same. Of 2 x 3 pixels all 4096 pictures can be summed.

# %%
assert best.check()["passed"]
corner = likely.train(train[:, 2:4, 2:5], family="pixelcnn", blocks=1, channels=8, epochs=2)
print(corner.check())
assert abs(corner.check()["total"] - 1) < 1e-4
