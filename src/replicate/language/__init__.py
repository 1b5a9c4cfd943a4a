"""Language models with large vocabularies: nets, word classes and how they are judged."""
