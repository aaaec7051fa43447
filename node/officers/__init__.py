"""The officers of the agency: who they are, their keys, what each may do at the desk."""
