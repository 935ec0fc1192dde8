"""What every layer kind is written with: arguments, axis patterns, parameters, and the relations a layer can state. No kind is imported here."""
