"""What watching costs this machine."""
