"""The sections of the configuration, each validated by itself; `settings` has them together."""
