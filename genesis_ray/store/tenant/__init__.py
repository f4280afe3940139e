"""What is in a tenant's folder beside galleries: people, consent, tags, photos."""
