"""Maps and truths -> figures one can quote, and the name of the protocol that formed them."""
