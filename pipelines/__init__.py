"""How work is run: definitions, job, schedule, sensors, partitions, resources, studies and profiles."""
