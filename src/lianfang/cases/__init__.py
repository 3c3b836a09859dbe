"""Case reports, classification, investigation, outbreaks."""
