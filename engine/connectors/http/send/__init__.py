"""One request and its answer: who we are, how fast we may go, what the answer means, when to try again."""
