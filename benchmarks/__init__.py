"""What speed, memory and quality are measured with."""
