"""Language models: texts, words and classes, count models and nets, and how they are judged."""
