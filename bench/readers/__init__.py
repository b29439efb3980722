"""How well the extension tells a chapter's pages from everything else that readers show."""
