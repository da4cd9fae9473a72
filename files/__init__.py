"""What comes from outside: files are opened here, each bounded before anything in it is believed."""
