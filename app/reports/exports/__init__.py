"""What leaves as a table for other programs: residents and results, as xlsx, csv or json."""
