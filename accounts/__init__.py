"""People who log in: administration, login, second factor, single sign-on."""
