"""What was measured, as JSON lines with a published schema."""
