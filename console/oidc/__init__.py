"""Signing in through the agency's identity provider: the part of OpenID Connect that passes through the browser."""
