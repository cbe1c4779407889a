"""`u2net.card.Card`, where it was documented once; say `u2net.Card`."""

from u2net.weights.card import Card as Card
