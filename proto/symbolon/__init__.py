"""What all parties share on the wire: the messages (`symbolon.v1`) and the transport (`symbolon.rpc`)."""
