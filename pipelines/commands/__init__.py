"""What a person runs beside the nightly job: one module a command."""
