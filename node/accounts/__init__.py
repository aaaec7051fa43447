"""Accounts for the console: how an officer without an identity provider proves at a browser who he is.

A password that only the person knows, hashed (`password`), and a code of an authenticator (`authenticator`), or in its
place a recovery code (`codes`). An operator invites (`keeping`), and never learns either. `store` keeps, `attempts`
counts failures, `calls` is what a person does with his own account, `staff` what an operator does from the console.
"""
