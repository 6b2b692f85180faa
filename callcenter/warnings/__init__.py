"""Early warning: more of a topic in a place than usual, the same again and again, words of risk; each has a reader."""
