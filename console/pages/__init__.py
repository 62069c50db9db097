"""Server-rendered pages: they translate, and decide nothing."""
