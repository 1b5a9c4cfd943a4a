"""Update rules, loops and stopping rules."""
