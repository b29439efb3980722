"""The catalogue of models, their store, the weights that we ship and the recipes that make them."""
