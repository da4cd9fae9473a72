"""The installation: settings, policies, calendars, the catalogue of duties."""
