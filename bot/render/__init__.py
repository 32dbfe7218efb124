"""Records → embeds, views and charts; pure, sends nothing, always within Discord's limits."""
