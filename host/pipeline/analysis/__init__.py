"""What is on a page: read by networks and by classical finders, weighed, laid out, mapped."""
