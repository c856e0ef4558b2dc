package chat

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"github.com/go-df/chat/internal/picture"
)

const plainFile = "application/octet-stream"

// contentTypeOf detects the type of what begins with head.
func contentTypeOf(head []byte) string {
	found := mimetype.Detect(head).String()
	kind, _, _ := strings.Cut(found, ";")
	isBox := len(head) >= 12 && head[0] == 0 && string(head[4:8]) == "ftyp"
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")): // whatever else it is: it may have coordinates
		return picture.JPEG
	case found == "image/apng": // a PNG that moves
		return picture.PNG
	case isBox:
		return brandType(head, found)
	case bytes.HasPrefix(head, []byte("fLaC\x80\x00\x00\x22")): // with nothing but what the sound needs
		return "audio/flac"
	case len(head) >= 12 && string(head[:4]) == "RF64" && string(head[8:12]) == "WAVE": // of more than 4 GiB
		return "audio/wav"
	case found == "audio/mpeg" && !bytes.HasPrefix(head, []byte("ID3")) && (head[0] != 0xFF || head[1] < 0xE0):
		return plainFile // its audio was found after something else, such as HTML
	case !contentTypePattern.MatchString(found):
		return kind // a text may say itself how it is encoded, and say anything
	}
	return found
}

var contentTypePattern = regexp.MustCompile(`^[a-z0-9.+/-]+(; charset=[A-Za-z0-9_-]{1,40})?$`)

// brandTypes are the types of files that are made of boxes, by their first brand.
var brandTypes = map[string][]string{
	"video/mp4": {
		"isom", "iso2", "iso3", "iso4", "iso5", "iso6", "iso7", "iso8", "iso9", "isoa", "isob", "isoc",
		"mp41", "mp42", "mp71", "avc1", "hvc1", "hev1", "av01", "mp4v", "dash", "msdh", "msix", "cmfc", "cmff", "piff",
		"F4V ", "f4v ", "mmp4", "MSNV", "XAVC", "caqv", "CAEP", "niko", "pana", "sdv ", "SDV ",
		"NDSC", "NDSH", "NDSM", "NDSP", "NDSS", "NDXC", "NDXH", "NDXM", "NDXP", "NDXS",
	},
	"video/quicktime": {"qt  ", "mqt "},
	"video/x-m4v":     {"M4V ", "M4VH", "M4VP"},
	"video/3gpp": {
		"3gp1", "3gp2", "3gp3", "3gp4", "3gp5", "3gp6", "3gp7", "3gp8", "3gp9", "3gs6", "3gs7", "3gs9",
		"3ge6", "3ge7", "3ge9", "3gf9", "3gg6", "3gg9", "3gh9", "3gr6", "3gr7", "3gr9", "3gt9",
	},
	"video/3gpp2":         {"3g24", "3g25", "3g26", "3g2a", "3g2b", "3g2c", "KDDI"},
	"audio/mp4":           {"M4A ", "M4B ", "M4P ", "F4A ", "F4B ", "NDAS"},
	"image/heic":          {"heic", "heix", "heim", "heis"},
	"image/heic-sequence": {"hevc", "hevx", "hevm", "hevs"},
	"image/heif":          {"mif1", "mif2", "avci"},
	"image/heif-sequence": {"msf1", "avcs"},
	"image/avif":          {"avif", "avis"},
}

// brandType is the type of a file whose first box is ftyp. That found says of it is believed
// unless it is the type of every such file: a camera's raw file is no film.
func brandType(head []byte, found string) string {
	const sizeOfNone, first, others = 8, 8, 16
	if size := int(head[1])<<16 | int(head[2])<<8 | int(head[3]); size == sizeOfNone {
		return plainFile
	}
	kind := typeOfBrand(string(head[first : first+4]))
	switch kind {
	case "image/heif", "image/heif-sequence": // of which kind, the other brands say
		for at := others; at+4 <= min(len(head), int(head[2])<<8|int(head[3])); at += 4 {
			if other := typeOfBrand(string(head[at : at+4])); other == "image/avif" || strings.HasPrefix(other, "image/heic") {
				return other
			}
		}
	case "":
		if found == "video/mp4" || strings.HasPrefix(found, "image/") {
			return plainFile
		}
		return found
	}
	return kind
}

func typeOfBrand(brand string) string {
	for kind, brands := range brandTypes {
		if slices.Contains(brands, brand) {
			return kind
		}
	}
	return ""
}
