"""The client for HTTP that vendors are asked with: a site and its limits, answers, and answers of before."""
