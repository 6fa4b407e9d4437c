"""MariaDB and MySQL, through PyMySQL: rows leave the server as lines of CSV, which Arrow takes apart."""
