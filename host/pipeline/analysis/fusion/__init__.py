"""The classical and the networks' opinions weighed into one."""
