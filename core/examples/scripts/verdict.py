from math import log

# quality, speed, memory, price, licence
weights = (6.0, 2.0, 1.0, 1.0, 1.0)
# nDCG@10, ms, bytes, US dollars a million tokens, licence from 0 to 1; None means unknown
figures = {
    "all-MiniLM-L6-v2": (0.71, 3.2, 910_000_000, 0.002, 1.0),
    "wordllama-256": (0.6, 0.1, 640_000_000, 0.0001, None),
}


def scale(value, worst, best):
    if value is None:
        return 0.0
    return 1.0 if value <= best else max(0.0, log(worst / value) / log(worst / best))


def total(quality, ms, size, dollars, licence):
    speed, memory, price = scale(ms, 1000, 0.1), scale(size, 64e9, 64e6), scale(dollars, 10, 0.0001)
    parts = (quality or 0.0, speed, memory, price, licence or 0.0)
    return sum(weight * part for weight, part in zip(weights, parts, strict=True)) / sum(weights)


scores = {name: total(*values) for name, values in figures.items()}
for name in sorted(scores, key=scores.get, reverse=True):
    print(f"{scores[name]:.3f} {name}")
