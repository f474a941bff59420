"""One module per migration, named by its number; a migration that was released never changes."""
