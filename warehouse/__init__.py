"""The DuckDB side: contracts, SQL, connections, the bitemporal append, the readers' database."""
