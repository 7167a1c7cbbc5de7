from scipy.stats import pearsonr, spearmanr

from core.examples.loaders.local import embed

pairs = [
    ("A plane is taking off.", "An air plane is taking off.", 5.0),
    ("A man plays a flute.", "A man plays an instrument.", 3.8),
    ("A cat sleeps.", "The bank raised its rates.", 0.0),
]

first, second, gold = map(list, zip(*pairs, strict=True))
cosines = (embed(first) * embed(second)).sum(axis=1)
print(f"Spearman {spearmanr(cosines, gold)[0]:.3f}, Pearson {pearsonr(cosines, gold)[0]:.3f}")
