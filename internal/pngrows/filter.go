package pngrows

// unfilter undoes what the filter of a row did: it has the differences from the pixel to the left, from
// that above, and so on. A pixel has so many bytes.
func unfilter(filter byte, row, above []byte, pixel int) error {
	const none, left, up, both, nearest = 0, 1, 2, 3, 4
	above = above[:len(row)]
	switch filter {
	case none:
	case left:
		for i := pixel; i < len(row); i++ {
			row[i] += row[i-pixel]
		}
	case up:
		for i, v := range above {
			row[i] += v
		}
	case both:
		for i := range min(pixel, len(row)) {
			row[i] += above[i] / 2
		}
		for i := pixel; i < len(row); i++ {
			row[i] += byte((int(row[i-pixel]) + int(above[i])) / 2) //nolint:gosec // of two bytes
		}
	case nearest:
		for i := range pixel {
			unfilterNearest(row, above, i, pixel)
		}
	default:
		return ErrDamaged
	}
	return nil
}

// unfilterNearest undoes, for each pixel's byte at first, the differences from whichever of left, up
// and corner is nearest to left + up - corner.
func unfilterNearest(row, above []byte, first, pixel int) {
	left, corner := 0, 0
	for i := first; i < len(row); i += pixel {
		up := int(above[i])
		toLeft, toUp := up-corner, left-corner
		toCorner := max(toLeft+toUp, -toLeft-toUp)
		toLeft, toUp = max(toLeft, -toLeft), max(toUp, -toUp)
		switch {
		case toLeft <= toUp && toLeft <= toCorner:
		case toUp <= toCorner:
			left = up
		default:
			left = corner
		}
		left = int(row[i]+byte(left)) & 0xFF
		row[i] = byte(left)
		corner = up
	}
}
