"""What must hold before a row of the table may be taken, by families of acts."""
