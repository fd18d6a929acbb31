"""What every report says of its numbers."""

NOTE = (
    "These numbers do not show how good a model gets: Rényi efficiency can rise while BLEU falls "
    "(Cognetta et al. 2024), and fewer tokens can make a worse model (Schmidt et al. 2024). "
    "Speeds hold for this machine and moment."
)
