"""What is made, in the order data flows: ingest, core, figures, publish."""
