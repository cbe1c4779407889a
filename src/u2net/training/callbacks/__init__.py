"""What watches a run: checkpoints, figures, pictures, losses that are not finite."""
