from core.examples.loaders.local import model

text = "The bank raised its rates."
scaled = True  # to unit length

print(model.tokenizer.tokenize(text))
token_vectors = model.encode(text, output_value="token_embeddings")
embedding = model.encode(text, normalize_embeddings=scaled)
print(token_vectors.shape, embedding.shape)
