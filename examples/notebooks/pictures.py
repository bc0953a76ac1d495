# %% [markdown]
# # Compressing pictures
#
# A model that gives a picture the probability $p(x)$ codes it in $-\log_2 p(x)$ bits, whatever the
# model. So the better model is the smaller file, and nothing else about the codec matters. Here
# pictures of digits with 17 levels of grey, against what general compressors and PNG make of them.

# %%
import bz2
import io
import lzma
import tempfile
import time
import zlib
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

import likely

pictures, _ = load_digits(return_X_y=True)
X = pictures.astype(np.uint8).reshape(-1, 8, 8)
order = np.random.default_rng(0).permutation(len(X))
train, valid, test = (X[part] for part in np.split(order, [1300, 1450]))
plt.imshow(np.hstack(test[:12]), cmap="gray_r")
plt.axis("off")
plt.show()

# %% [markdown]
# ## Compressors that were not trained
#
# They get the pictures in one piece, which is better for them than each alone: PNG as one high
# picture, the others as one run of bytes. Last what 17 levels take that are equally probable.

# %%
sizes = {}
sheet = io.BytesIO()
Image.fromarray(test.reshape(-1, 8)).save(sheet, "png", optimize=True)
sizes["PNG"] = len(sheet.getvalue())
sizes["zlib"] = len(zlib.compress(test.tobytes(), 9))
sizes["bzip2"] = len(bz2.compress(test.tobytes(), 9))
sizes["xz"] = len(lzma.compress(test.tobytes(), preset=9 | lzma.PRESET_EXTREME))
sizes["17 levels"] = int(np.ceil(test.size * np.log2(17) / 8))

# %% [markdown]
# ## Models
#
# Each is trained on other pictures, and validated on others again. The alphabet is what the pixels
# may be. The model itself is not counted: it is what both sides have, as they have a program.

# %%
models = {
    "histogram": likely.train(train, family="histogram", alphabet=17, joint="no"),
    "mixture": likely.train(
        train, family="bernoulli-mixture", alphabet=17, components=40, valid=valid
    ),
    "MADE": likely.train(
        train, family="made", alphabet=17, hidden=200, epochs=30, valid=valid, ema=0.99
    ),
    "PixelCNN": likely.train(
        train,
        family="pixelcnn",
        alphabet=17,
        blocks=3,
        channels=16,
        epochs=20,
        valid=valid,
        learning_rate=0.003,
    ),
}
for name, model in models.items():
    started = time.perf_counter()
    coded = model.compress(test)
    seconds = time.perf_counter() - started
    assert np.array_equal(model.decompress(coded), test)
    sizes[name] = len(coded)
    promised = -model.log_prob(test).sum() / np.log(2) / 8
    print(f"{name:10} promised {promised:8.1f} bytes, coded {len(coded):6}, {seconds:.2f} s")
    assert len(coded) < promised * 1.01 + 200

# %%
plt.barh(list(sizes)[::-1], [8 * size / test.size for size in sizes.values()][::-1])
plt.xlabel("bits per pixel")
plt.show()
for name, size in sizes.items():
    print(f"{name:10} {size:6} bytes, {8 * size / test.size:.3f} bits per pixel")
assert min(sizes, key=sizes.get) in models

# %% [markdown]
# ## Where the bits go
#
# The surprisal of each pixel, in bits: the edges of strokes cost most.

# %%
best = models[min(models, key=sizes.get)]
cost = best.surprisal(test[:10]) / np.log(2)
plt.imshow(np.vstack([np.hstack(test[:10]) / 16 * cost.max(), np.hstack(cost)]), cmap="gray_r")
plt.colorbar(label="bits (below)", orientation="horizontal")
plt.axis("off")
plt.show()

# %% [markdown]
# ## Pictures of another kind
#
# Turned by 90 degrees they cost more, for the model is wrong about them. A model that learns from
# what it has coded (dynamic evaluation) gets some of it back: encoder and decoder learn alike, so
# that nothing but the rate needs to be sent.

# %%
turned = np.rot90(test, axes=(1, 2))
plain, adapted = best.compress(turned), best.compress(turned, learning_rate=0.0005)
print(f"upright {sizes[min(models, key=sizes.get)]}, turned {len(plain)}, learning {len(adapted)}")
assert np.array_equal(best.decompress(adapted, learning_rate=0.0005), turned)

# %% [markdown]
# ## Files
#
# With `file=` the code goes to a file as it comes. A damaged file is refused; `salvage=True`
# restores the chunks that are whole, and warns of the others.

# %%
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "digits.lk"
    print(best.compress(test, file=path))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    try:
        best.decompress(data)
    except likely.CorruptError as error:
        print(error)
