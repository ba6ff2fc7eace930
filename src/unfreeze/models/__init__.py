"""Networks: backbones with pretrained weights, heads, and what freezing means."""
