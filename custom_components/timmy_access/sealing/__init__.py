"""How secrets are sealed so that only this Home Assistant can read them; imports nothing of the other rooms."""
