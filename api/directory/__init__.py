"""The public directory of builders, carriers, plants and placement yards."""
