from scipy.stats import pearsonr, spearmanr

from core.examples.loaders.local import embed, similarity

pairs = [
    ("A plane is taking off.", "An air plane is taking off.", 5.0),
    ("A man plays a flute.", "A man plays an instrument.", 3.8),
    ("A cat sleeps.", "The bank raised its rates.", 0.0),
]

first, second, gold = map(list, zip(*pairs, strict=True))
scores = similarity(embed(first), embed(second)).diagonal()
print(f"Spearman {spearmanr(scores, gold)[0]:.3f}, Pearson {pearsonr(scores, gold)[0]:.3f}")
