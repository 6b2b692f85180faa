"""Domain terms, and repair of recognised text by their sound."""

from asr.vocabulary.repair import Repairer, load_repair
from asr.vocabulary.terms import Term, load_terms

__all__ = ["Repairer", "Term", "load_repair", "load_terms"]
