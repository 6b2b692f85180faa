"""Quality assurance: calls drawn by plan, hints from transcript and sound, scores on the city's sheet, appeals."""
