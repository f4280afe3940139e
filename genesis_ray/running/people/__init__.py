"""Who is who: names, consent, repairs, and decisions that are explained."""
