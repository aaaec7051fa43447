"""The desk: what this agency's own people do at their node, the same over gRPC, the command line and the console.

A call is a plain function of a request, in the messages of ``symbolon.v1``, and the officer who makes it (`calls`). It
checks the officer's roles itself, so that no face can forget to. `servicers` puts the calls on the wire, `client` makes
them from another program; the web console makes them in the node's own process.
"""
