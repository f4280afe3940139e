"""A page on which the places of one camera are drawn, for who sits at this machine."""
