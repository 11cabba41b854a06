"""How a room is seen: cameras, ray casting, textures and light, on arrays of many views at once."""
