package strip

// removeTracks overwrites the samples of the tracks that go, and then the tracks.
func (f *film) removeTracks(left *int64) error {
	for _, trak := range f.removed {
		table, err := f.sampleTable(trak)
		if err != nil {
			return err
		}
		if err := f.overwrite(table, left); err != nil {
			return err
		}
		if err := f.kept.free(trak); err != nil {
			return err
		}
	}
	if f.places == nil {
		return nil
	}
	if err := f.overwritePlaces(*f.places, left); err != nil {
		return err
	}
	return f.kept.free(*f.places)
}

// sampleTable is where a track says how its samples lie: in chunks (stsc, stco or co64) of
// samples that have sizes (stsz or stz2).
type sampleTable struct {
	toChunk, sizes, chunks box
}

func (f *film) sampleTable(trak box) (t sampleTable, err error) {
	path := []string{"mdia", "minf", "stbl"}
	var inside func(of box, level int) error
	inside = func(of box, level int) error {
		return f.kept.each(of.body, of.end, func(b box) error {
			switch {
			case level < len(path) && b.kind == path[level]:
				return inside(b, level+1)
			case level < len(path):
			case b.kind == "stsc":
				t.toChunk = b
			case b.kind == "stsz", b.kind == "stz2":
				t.sizes = b
			case b.kind == "stco", b.kind == "co64":
				t.chunks = b
			}
			return nil
		})
	}
	return t, inside(trak, 0)
}

// list is a table of entries behind a count.
type list struct {
	at, n int64
	size  int64 // of an entry
}

// listOf returns the table of a box whose count is behind skipped bytes. There are not more
// entries than fit into the box.
func (f *film) listOf(b box, skipped, size int64) (list, error) {
	if b.size() < skipped+4 {
		return list{}, nil
	}
	n, err := f.kept.number(b.body+skipped, 4)
	return list{b.body + skipped + 4, min(int64(n), (b.size()-skipped-4)/size), size}, err //nolint:gosec // of 4 bytes
}

// entry reads a number in an entry.
func (f *film) entry(l list, i, at int64, bytes int) (int64, error) {
	n, err := f.kept.number(l.at+i*l.size+at, bytes)
	if n > toTheEnd {
		return 0, damaged("has an index that says of what cannot be")
	}
	return int64(n), err // not more than that
}

// overwrite goes over the chunks of a track.
func (f *film) overwrite(t sampleTable, left *int64) error {
	offsetSize := int64(4)
	if t.chunks.kind == "co64" {
		offsetSize = 8
	}
	chunks, err := f.listOf(t.chunks, 4, offsetSize)
	if err != nil {
		return err
	}
	runs, err := f.listOf(t.toChunk, 4, 12)
	if err != nil {
		return err
	}
	sizes, err := f.sizesOf(t.sizes)
	if err != nil {
		return err
	}
	inChunk := chunkRuns{list: runs}
	for chunk := range chunks.n {
		perChunk, err := f.samplesIn(&inChunk, chunk)
		if err != nil {
			return err
		}
		at, err := f.entry(chunks, chunk, 0, int(offsetSize))
		if err != nil {
			return err
		}
		n, err := sizes.next(perChunk)
		if err != nil {
			return err
		}
		if err := f.overwriteRange(at, n, left); err != nil {
			return err
		}
	}
	return nil
}

// chunkRuns says how many samples each chunk has, in runs of alike ones.
type chunkRuns struct {
	list     list
	next     int64
	perChunk int64 // of the run before
}

// samplesIn returns how many samples a chunk has; it is asked for each in turn.
func (f *film) samplesIn(runs *chunkRuns, chunk int64) (int64, error) {
	if runs.next == runs.list.n {
		return runs.perChunk, nil
	}
	first, err := f.entry(runs.list, runs.next, 0, 4)
	if err != nil || first > chunk+1 {
		return runs.perChunk, err
	}
	runs.perChunk, err = f.entry(runs.list, runs.next, 4, 4)
	runs.next++
	return runs.perChunk, err
}

// overwriteRange overwrites n bytes at a place of the file.
func (f *film) overwriteRange(at, n int64, left *int64) error {
	if at < 0 || n < 0 {
		return damaged("has an index that says of what cannot be")
	}
	if at >= f.kept.size || n == 0 {
		return nil
	}
	end := f.kept.size
	if n < end-at {
		end = at + n
	}
	for _, index := range []*box{f.moov, f.meta} {
		if index != nil && at < index.end && index.at < end {
			return damaged("has an index that says of itself")
		}
	}
	if *left -= end - at; *left < 0 {
		return damaged("has an index that says of the same bytes again and again")
	}
	return f.kept.zero(at, end)
}

// sampleSizes are how large the samples of a track are, in their order.
type sampleSizes struct {
	kept *spool
	all  int64 // the size of each, where they are alike
	bits int64 // of an entry
	at   int64
	i, n int64
}

func (f *film) sizesOf(b box) (*sampleSizes, error) {
	s := &sampleSizes{kept: f.kept, bits: 32}
	if b.size() < 12 {
		return s, nil
	}
	all, err := f.kept.number(b.body+4, 4)
	if err != nil {
		return nil, err
	}
	if b.kind == "stz2" {
		s.bits, all = int64(all&0xFF), 0 // a byte
		if s.bits != 4 && s.bits != 8 && s.bits != 16 {
			return nil, damaged("has samples of no size")
		}
	}
	n, err := f.kept.number(b.body+8, 4)
	s.all, s.at = int64(all), b.body+12                 // of 4 bytes
	s.n = min(int64(n), (b.size()-12)*8/max(s.bits, 1)) //nolint:gosec // of 4 bytes
	return s, err
}

// next adds up the sizes of the next samples.
func (s *sampleSizes) next(samples int64) (int64, error) {
	if s.all > 0 {
		return samples * s.all, nil // each has 4 bytes
	}
	var sum int64
	for ; samples > 0 && s.i < s.n; samples-- {
		size, err := s.size(s.i)
		if err != nil {
			return 0, err
		}
		sum += size
		s.i++
	}
	return sum, nil
}

func (s *sampleSizes) size(i int64) (int64, error) {
	b, err := s.kept.bytes(s.at+i*s.bits/8, int((s.bits+7)/8))
	if err != nil {
		return 0, err
	}
	var n int64
	for _, c := range b {
		n = n<<8 | int64(c)
	}
	switch {
	case s.bits == 4 && i%2 == 0:
		n >>= 4
	case s.bits == 4:
		n &= 15
	}
	return n, nil
}

// overwritePlaces overwrites what a list of dashboard cameras points at: an offset and a size
// each, behind 8 bytes of which the last 4 are how many there are.
func (f *film) overwritePlaces(b box, left *int64) error {
	places, err := f.listOf(b, 4, 8)
	if err != nil {
		return err
	}
	for i := range places.n {
		at, err := f.entry(places, i, 0, 4)
		if err != nil {
			return err
		}
		n, err := f.entry(places, i, 4, 4)
		if err != nil {
			return err
		}
		if err := f.overwriteRange(at, n, left); err != nil {
			return err
		}
	}
	return nil
}
