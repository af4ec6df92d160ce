"""`nmrcam study`: section 8 of the thesis again, with figures of merit beside every map."""
