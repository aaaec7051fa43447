"""The demonstration federation: five invented agencies, their invented lists and the questions asked of them."""
