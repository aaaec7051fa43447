"""The shared transport: identities, certificates, the one server builder and the one channel builder.

Every service of every party is built here, so that none can forget mutual TLS, the allowlist, the deadline, the
size limit or the drain. Nothing in here knows what the services do.
"""
