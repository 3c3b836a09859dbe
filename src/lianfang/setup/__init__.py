"""How a real office begins: the first account, areas, accounts by role, an outbreak, and every list it has."""
