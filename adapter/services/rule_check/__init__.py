"""Ask the rule book about a file: what it would say, without a database and without sending anything."""
