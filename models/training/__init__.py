"""How the weights were made, runnable again."""
