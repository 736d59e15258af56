"""What a clearing proposes to two parties."""
