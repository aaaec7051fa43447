"""The national systems of the agency that call the desk, each with a certificate of its own."""
