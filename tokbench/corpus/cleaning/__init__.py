"""What steps are, and what they are made of; the steps themselves are in `steps`."""
