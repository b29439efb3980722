"""What engines are tested with: the contract of all of them, and a stand-in of known speed."""
