"""What is asked: one module a task, with its generator, targets and success criterion."""
