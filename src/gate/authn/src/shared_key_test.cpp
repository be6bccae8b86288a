int freehold_placeholder() { return 0; }
