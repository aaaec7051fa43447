"""The web console: an agency's own people work with their node in a browser.

It decides nothing. A page is a function of a `visit.Visit` (who asks, in which language), makes a call of
`node.desk.calls`, and renders a template; `routing` lists every page with the action it takes. What it serves it serves
over HTTPS to the agency's own premises, without a request to anybody else.
"""
