"""Groups that nobody declared: slices of the data where it is worst, found, confirmed and named."""
