"""How every page looks and speaks: tokens, styles, pictures, templates, and the words of both languages."""
