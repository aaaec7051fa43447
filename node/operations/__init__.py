"""What this agency's operator does at the desk: the node's state, its list, its partners, its agreements.

Long work (an import, an enrolment) runs in a process of its own (`worker`), so that queries are answered meanwhile; the
desk starts it, tells how far it is, and goes on with it after a stop of the node (`workshop`).
"""
