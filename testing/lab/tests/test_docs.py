# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The mobility-manager developers
"""Links between the documents lead somewhere."""

import re
import unittest

from lab.paths import REPOSITORY

LINK = re.compile(r"\]\(([^)#]*)(?:#([^)]*))?\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def documents():
    """The documents that people read, and what there is of each."""
    files = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md",
             REPOSITORY / "testing" / "README.md"]
    files += sorted((REPOSITORY / "docs").glob("*.md"))
    return {file: file.read_text(encoding="utf-8") for file in files}


def anchors(text):
    """What the headings of a document are linked by, as forges do that."""
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
            for heading in HEADING.findall(text)}


def broken(texts):
    """Yields links that lead nowhere, each with its document."""
    for file, text in texts.items():
        for path, anchor in LINK.findall(text):
            if "://" in path:
                continue
            target = (file.parent / path).resolve() if path else file
            if not target.exists():
                yield f"{file.name}: {path}"
            elif anchor and target in texts and \
                    anchor not in anchors(texts[target]):
                yield f"{file.name}: {path}#{anchor}"


class Links(unittest.TestCase):

    def test_links(self):
        self.assertEqual(list(broken(documents())), [])

    def test_finds(self):
        file = REPOSITORY / "README.md"
        text = "# A b\n[x](nowhere.md) [y](#a-b) [z](#b) [c](COPYING)"
        self.assertEqual(list(broken({file: text})),
                         ["README.md: nowhere.md", "README.md: #b"])


if __name__ == "__main__":
    unittest.main()
