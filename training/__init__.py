"""The fourth floor: data, SFT, GRPO and rewards that run the graph."""
