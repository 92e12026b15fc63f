"""What measures the integration: that each figure is taken, told and judged."""
