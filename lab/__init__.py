"""One experiment at the bench: its spec, its running, its history and its files. No Qt."""

VERSION = "0.1.0"
