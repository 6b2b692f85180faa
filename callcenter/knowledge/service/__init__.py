"""What can be done with the knowledge base, by groups of verbs."""
