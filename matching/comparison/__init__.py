"""The rooms of the full comparison: one file an attribute, each giving contributions that explain themselves.

``matching.scoring`` holds the declarative list that puts them together. Every attribute keeps three laws, which
are tested as properties: agreement never gives negative points, contradiction never positive ones, and silence
on either side gives none at all.
"""
