"""What must hold: suites generated from contracts, checks in SQL, the publication gate."""
