"""The wire of Symbolon, version 1: generated from the protos beside this file by proto/generate.py."""
