"""Reading disclosure logs for people: reports, fishing patterns, statistics, what one says about one person, and what
several say of each other (`auditing.reconciliation`).

Pure: everything takes entries, each with what was opened of it, as an iterator, and keeps what it needs in bounded
memory. Nothing here opens a field, reads a file or writes one; whoever hands in opened fields has logged that first
(`ledger.events.AuditorAccess`).
"""
