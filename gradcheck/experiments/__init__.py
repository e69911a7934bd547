"""What is measured beside the table: studies, whole networks, bugs planted in backward."""
