"""What a subject gives at a point: its gradients in floats and in balls."""
