from timeit import repeat

from core.examples.loaders.api import client, model_name

text = "Hello World"

client.embeddings.create(model=model_name, input=[text])  # the first call is slower
times = repeat(lambda: client.embeddings.create(model=model_name, input=[text]), number=1, repeat=30)
print(f"median {sorted(times)[15] * 1000:.2f} ms")
