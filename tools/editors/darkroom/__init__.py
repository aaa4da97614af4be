"""The embedded editor: classical photo tools driven by plain English."""
