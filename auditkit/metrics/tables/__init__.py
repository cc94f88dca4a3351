"""Tables compared cell by cell: columns, pairs, triples, records and whole sets of mixed types."""
