"""A preview as a page that a reviewer reads: Markdown for a comment, HTML for a browser.

Pure: text in, text out; the same preview gives the same bytes. `read` understands what `pulumi preview --json` prints,
`page` decides what is said and in which order, `markdown` and `html` write it down.
"""
