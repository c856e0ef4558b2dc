package strip

import "slices"

// maxItems is more than any picture has of what goes.
const maxItems = 256

// pictureItems are the kinds of items that a picture is made of (ISO/IEC 23008-12). The
// others are Exif, XMP (mime), and what nobody knows.
var pictureItems = []string{
	"hvc1", "hev1", "lhv1", "vvc1", "evc1", "av01", "avc1", "jpeg", "j2k1", "unci", "mski",
	"grid", "iden", "iovl", "tmap", "sato",
}

// itemIndex is what the index of a picture says of its items.
type itemIndex struct {
	info, places, references, data *box // iinf, iloc, iref, idat
	gone                           []uint64
}

// removeItems overwrites what a picture has besides itself, wherever it is.
func (f *film) removeItems(meta box, left *int64) error {
	const version = 4
	var x itemIndex
	var info, places, references, data box
	err := f.kept.each(min(meta.body+version, meta.end), meta.end, func(b box) error {
		switch b.kind {
		case "iinf":
			info, x.info = b, &info
		case "iloc":
			places, x.places = b, &places
		case "iref":
			references, x.references = b, &references
		case "idat":
			data, x.data = b, &data
		case "hdlr", "pitm", "iprp", "grpl", "dinf", "ipro":
		default:
			return f.kept.free(b)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if x.info == nil || x.places == nil {
		return damaged("is a picture without a list of what it is made of")
	}
	if err := f.findItems(&x); err != nil {
		return err
	}
	return f.eachItem(*x.places, func(i item) error {
		if !slices.Contains(x.gone, i.id) {
			return nil
		}
		return f.eachExtent(i, func(e extent) error { return f.overwriteExtent(&x, i, e, left) })
	})
}

// findItems reads which items go.
func (f *film) findItems(x *itemIndex) error {
	v, err := f.kept.number(x.info.body, 1)
	if err != nil {
		return err
	}
	at := x.info.body + 6
	if v > 0 {
		at += 2
	}
	return f.kept.each(min(at, x.info.end), x.info.end, func(b box) error {
		if b.kind != "infe" {
			return nil
		}
		id, kind, err := f.readItem(b)
		if err != nil || slices.Contains(pictureItems, kind) {
			return err
		}
		if x.gone = append(x.gone, id); len(x.gone) > maxItems {
			return damaged("is a picture with too much besides itself")
		}
		return nil
	})
}

// readItem reads the number of an item, and what it is.
func (f *film) readItem(b box) (id uint64, kind string, err error) {
	v, err := f.kept.number(b.body, 1)
	if err != nil {
		return 0, "", err
	}
	idSize := 2
	switch v {
	case 2:
	case 3:
		idSize = 4
	default:
		return 0, "", damaged("is a picture of a version that is not known")
	}
	if id, err = f.kept.number(b.body+4, idSize); err != nil {
		return 0, "", err
	}
	name, err := f.kept.bytes(b.body+4+int64(idSize)+2, 4)
	return id, string(name), err
}

// item is an entry of iloc: where an item is, in extents.
type item struct {
	id, construction, base       uint64
	extents                      uint64
	at                           int64 // of the first extent
	indexSize, offsetSize, bytes int   // of the numbers of an extent
}

func (i item) extentSize() int64 { return int64(i.indexSize + i.offsetSize + i.bytes) }

// maxParts bounds how often items and their extents are looked at. Pictures have some hundred.
const maxParts = 1 << 20

func (f *film) part() error {
	if f.parts++; f.parts > maxParts {
		return errParts
	}
	return nil
}

// eachItem calls do for the entries of iloc.
func (f *film) eachItem(iloc box, do func(i item) error) error {
	n := &numbers{kept: f.kept, at: iloc.body, end: iloc.end}
	version := n.next(1)
	n.next(3)
	sizes := n.next(2)
	var i item
	i.offsetSize, i.bytes = int(sizes>>12), int(sizes>>8&15) // 4 bits
	baseSize, idSize, countSize := int(sizes>>4&15), 2, 2    // 4 bits
	if version == 1 || version == 2 {
		i.indexSize = int(sizes & 15) // 4 bits
	}
	if version == 2 {
		idSize, countSize = 4, 4
	}
	if version > 2 || max(i.offsetSize, i.bytes, baseSize, i.indexSize) > 8 {
		return damaged("is a picture of a version that is not known")
	}
	for count := n.next(countSize); count > 0 && n.err == nil; count-- {
		i.id, i.construction = n.next(idSize), 0
		if version > 0 {
			i.construction = n.next(2) & 15
		}
		n.next(2) // in which file
		i.base, i.extents = n.next(baseSize), n.next(2)
		i.at = n.at
		n.skip(int64(i.extents) * i.extentSize()) //nolint:gosec // of 2 bytes
		if n.err != nil {
			break
		}
		if err := f.part(); err != nil {
			return err
		}
		if err := do(i); err != nil {
			return err
		}
	}
	return n.err
}

// numbers reads numbers one behind the other.
type numbers struct {
	kept    *spool
	at, end int64
	err     error
}

func (n *numbers) next(size int) uint64 {
	at := n.at
	if n.skip(int64(size)); n.err != nil {
		return 0
	}
	value, err := n.kept.number(at, size)
	n.err = err
	return value
}

func (n *numbers) skip(size int64) {
	if n.err == nil && size > n.end-n.at {
		n.err = errCut
	}
	n.at += size
}

// extent is a part of an item.
type extent struct{ index, offset, length uint64 }

func (f *film) eachExtent(i item, do func(e extent) error) error {
	n := &numbers{kept: f.kept, at: i.at, end: i.at + int64(i.extents)*i.extentSize()} //nolint:gosec // of 2 bytes
	for range i.extents {
		e := extent{n.next(i.indexSize), n.next(i.offsetSize) + i.base, n.next(i.bytes)}
		if n.err != nil {
			return n.err
		}
		if err := f.part(); err != nil {
			return err
		}
		if e.offset < i.base || e.offset > toTheEnd || e.length > toTheEnd {
			return damaged("has an index that says of what cannot be")
		}
		if i.bytes == 0 {
			e.length = toTheEnd
		}
		if err := do(e); err != nil {
			return err
		}
	}
	return nil
}

// How an item's extents are meant.
const (
	inFile uint64 = iota
	inData        // in idat
	inItem        // in what another item is
)

func (f *film) overwriteExtent(x *itemIndex, i item, e extent, left *int64) error {
	from, length := int64(e.offset), int64(e.length) //nolint:gosec // looked at below
	switch {
	case from < 0, length < 0:
		return damaged("has an index that says of what cannot be")
	case i.construction == inFile:
		return f.overwriteRange(from, length, left)
	case i.construction == inData && x.data != nil:
		from = min(x.data.body+min(from, x.data.size()), x.data.end)
		length = min(length, x.data.end-from)
		if *left -= length; *left < 0 {
			return damaged("has an index that says of the same bytes again and again")
		}
		return f.kept.zero(from, from+length)
	case i.construction == inItem:
		return f.overwriteInItem(x, i.id, e, left)
	}
	return damaged("is a picture of a version that is not known")
}

// overwriteInItem overwrites a part of another item, which a reference of the kind iloc names.
func (f *film) overwriteInItem(x *itemIndex, id uint64, e extent, left *int64) error {
	other, err := f.referred(x, id, max(e.index, 1))
	if err != nil {
		return err
	}
	from, to := e.offset, e.offset+e.length // in what that item is; neither is over 2^63
	return f.eachItem(*x.places, func(i item) error {
		if i.id != other {
			return nil
		}
		if i.construction == inItem {
			return damaged("is a picture made of itself")
		}
		var before uint64
		return f.eachExtent(i, func(part extent) error {
			begin, end := max(from, before), min(to, before+part.length)
			start := before
			before += part.length
			if before > toTheEnd || begin >= end {
				return nil
			}
			return f.overwriteExtent(x, i, extent{offset: part.offset + begin - start, length: end - begin}, left)
		})
	})
}

// referred returns the item that the reference number n of an item is to.
func (f *film) referred(x *itemIndex, id, n uint64) (other uint64, err error) {
	const unknown = "is a picture with a part that is nowhere"
	if x.references == nil {
		return 0, damaged(unknown)
	}
	v, err := f.kept.number(x.references.body, 1)
	if err != nil {
		return 0, err
	}
	idSize := 2
	if v > 0 {
		idSize = 4
	}
	found := false
	err = f.kept.each(min(x.references.body+4, x.references.end), x.references.end, func(b box) error {
		in := &numbers{kept: f.kept, at: b.body, end: b.end}
		if b.kind != "iloc" || in.next(idSize) != id || in.next(2) < n {
			return in.err
		}
		in.skip(int64(n-1) * int64(idSize)) //nolint:gosec // of 2 bytes
		other, found = in.next(idSize), true
		return in.err
	})
	if err == nil && !found {
		err = damaged(unknown)
	}
	return other, err
}
