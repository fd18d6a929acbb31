"""What every report says of its numbers."""

NOTE = (
    "These numbers do not show how good a model gets: Rényi efficiency can rise while BLEU falls "
    "(Cognetta et al. 2024), and fewer tokens can make a worse model (Schmidt et al. 2024). "
    "Speeds hold for this machine and moment."
)

MODELS_NOTE = (
    "Small models trained from scratch, for a short time, on this data: large or pretrained "
    "models may order tokenizers otherwise. What is told holds for this body, these settings and "
    "these examples; of twenty differences that are none, one is seen."
)
"""The same of models."""
