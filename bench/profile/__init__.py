"""Where a page's processor time goes, warm and at a host's first start."""
