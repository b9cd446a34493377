"""Everything seen and touched: the only rooms with Qt in them."""
