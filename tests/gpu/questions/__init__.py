"""What the first hour asks, a topic a file: each question answers with plain data, or prints it as it comes."""
