"""What hassfest and catalogues check after the fact, checked here: each rule over our files, and over broken ones."""
