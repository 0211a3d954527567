"""Text: Markdown to safe HTML, plain text, redlines. Pure functions, no models, no queries."""
