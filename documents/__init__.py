"""Official paper: what the office drafts, numbers, issues and files. Kinds, templates, drafts, the case file."""
