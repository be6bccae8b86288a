"""What the tests of the whole program stand on: server processes, a signing client, trees of files."""
