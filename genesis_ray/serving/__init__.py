"""Ray Serve: model work shared by all cameras."""
