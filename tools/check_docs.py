#!/usr/bin/env python3
"""Checks what the pages of the documentation say about the tree.

    tools/check_docs.py

- Links to files and to headings resolve, in every *.md.
- Quotes are true: a fenced block behind `<!-- quoted: FILE -->` equals that file, one behind
  `<!-- quoted: FILE NAME -->` its lines between the comments `[START NAME]` and `[END NAME]`.
"""

import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")
QUOTE = re.compile(r"^<!-- quoted: (\S+)(?: (\S+))? -->\n```[^\n]*\n(.*?)^```$",
                   re.MULTILINE | re.DOTALL)


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    text = FENCED.sub("", page.read_text())
    for heading in re.findall(r"^#+ +(.*?) *$", text, re.MULTILINE):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        yield re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def link_error(page, link):
    """What is wrong with a link of a page; None if nothing is."""
    if re.match(r"[a-z]+:", link):
        return None
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return f"the link {link} leads nowhere"
    if anchor and anchor not in anchors(target):
        return f"{target.relative_to(ROOT)} has no heading #{anchor}"
    return None


def quotable(path, name):
    """What a quote must equal; None if it is not there."""
    file = ROOT / path
    if not file.is_file():
        return None
    text = file.read_text()
    if name is None:
        return text
    region = re.search(rf"\[START {re.escape(name)}\]\n(.*?)^[^\n]*\[END {re.escape(name)}\]", text,
                       re.MULTILINE | re.DOTALL)
    return region and region.group(1)


def errors(page):
    """All that is wrong with a page."""
    text = page.read_text()
    for link in LINK.findall(FENCED.sub("", text)):
        error = link_error(page, link)
        if error:
            yield error
    for path, name, block in QUOTE.findall(text):
        original = quotable(path, name or None)
        if original is None:
            yield f"there is no {path} {name} to quote"
        elif original != block:
            yield f"the quote of {path} {name} differs from the file"
    if len(QUOTE.findall(text)) != text.count("<!-- quoted:"):
        yield "a quote is not followed by a fenced block"


def main():
    pages = []
    for folder, below, files in os.walk(ROOT):
        below[:] = sorted(name for name in below if not name.startswith((".", "bazel-")))
        pages += [pathlib.Path(folder, name) for name in sorted(files) if name.endswith(".md")]
    found = [f"{page.relative_to(ROOT)}: {error}" for page in pages for error in errors(page)]
    print("\n".join(found) if found else f"{len(pages)} pages are in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
