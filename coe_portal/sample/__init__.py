"""An invented company to try the portal with. The texts are in content/, the loading in loader.py."""
