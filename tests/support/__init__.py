"""What tests share: offices, visitors, servers, data. No test module imports another test module."""
