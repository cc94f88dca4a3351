"""Is it fair? Rates of predictions per group, gaps between groups, shares and relations of groups and labels."""
