"""Language modelling: vocabularies, count models, mixtures, and how texts are prepared."""
