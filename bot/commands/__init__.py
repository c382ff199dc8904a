"""The command line, one file a group: each offers `register(app)`. Nothing heavy is imported before a command runs."""
