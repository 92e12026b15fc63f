"""The terminals' protocol: JSON over WebSocket. Pure asyncio; knows nothing of Home Assistant."""
