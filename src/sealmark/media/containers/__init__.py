"""What files are written in, whatever they hold: archives, boxes, chunks and elements."""
