"""A preview as a page that a reviewer reads: Markdown for a comment, HTML for a browser.

Pure: text in, text out; the same preview gives the same bytes. How the HTML page looks is in style.css. Not here:
asking Pulumi or Docker.

    changed   The steps of a run, one record per resource: what differs, and what somebody changed by hand before
    content   How the content of a config changes: lines of text, or sizes and digests where it is no text
    elements  HTML and SVG as values: what is put into an element is escaped, unless it is an element itself
    html      The report as one HTML page: nothing is loaded, nothing runs; light and dark; made to be printed too
    markdown  The report as Markdown for a comment on a pull or merge request: GitHub's and GitLab's dialect
    outlook   What happens to the tasks of each service, and the sum of it
    page      What the report says, in its order; how it looks is up to `markdown` and `html`
    picture   The stack as a picture: what refers to what, and what of it is new, changes or goes
    reading   What Pulumi prints with --json, read into one form: the digest of a preview, or a stream of engine events
    releases  A Release in Pulumi's JSON -> its children, as if each were a resource
    words     Values and names as texts that are safe to look at
"""
