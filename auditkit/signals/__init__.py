"""Signal processing that embedders, metrics and generators share: spectra, mel bands, levels."""
