from core.examples.loaders.static import model

text = "The bank raised its rates."

tokens = model[0].tokenizer.encode(text, add_special_tokens=False)
print(tokens.tokens)
token_vectors = model[0].embedding.weight[tokens.ids]
embedding = model.encode(text, normalize_embeddings=True)
print(token_vectors.shape, embedding.shape)
