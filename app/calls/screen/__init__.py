"""What the volunteer's pages show, gathered into values before a template sees it."""
