package icc

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"testing"
)

// profile makes a profile of tags.
func profile(space string, tags map[string][]byte) []byte {
	b := make([]byte, 128)
	copy(b[16:], space+"XYZ ")
	copy(b[36:], "acsp")
	b = binary.BigEndian.AppendUint32(b, uint32(len(tags)))
	at := len(b) + 12*len(tags)
	var data []byte
	for name, tag := range tags {
		b = binary.BigEndian.AppendUint32(append(b, name...), uint32(at+len(data)))
		b = binary.BigEndian.AppendUint32(b, uint32(len(tag)))
		data = append(data, tag...)
	}
	return append(b, data...)
}

func fixedBytes(values ...float64) (b []byte) {
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(v*65536)))
	}
	return b
}

func xyz(x, y, z float64) []byte {
	return append([]byte("XYZ \x00\x00\x00\x00"), fixedBytes(x, y, z)...)
}

// srgbCurve is that of sRGB and of Display P3, as Apple writes it.
func srgbCurve() []byte {
	return append([]byte("para\x00\x00\x00\x00\x00\x03\x00\x00"), fixedBytes(2.4, 1/1.055, 0.055/1.055, 1/12.92, 0.04045)...)
}

// gammaCurve is a power.
func gammaCurve(gamma float64) []byte {
	return append([]byte("curv\x00\x00\x00\x00\x00\x00\x00\x01"), byte(gamma), byte(gamma*256))
}

func colours(r, g, b, curve []byte) []byte {
	return profile("RGB ", map[string][]byte{"rXYZ": r, "gXYZ": g, "bXYZ": b, "rTRC": curve, "gTRC": curve, "bTRC": curve})
}

// The colorants are as the profiles of Apple and Adobe have them.
var (
	displayP3 = colours(xyz(0.51512, 0.24120, -0.00105), xyz(0.29198, 0.69225, 0.04189), xyz(0.15710, 0.06657, 0.78407), srgbCurve())
	adobeRGB  = colours(xyz(0.60974, 0.31111, 0.01947), xyz(0.20528, 0.62567, 0.06087), xyz(0.14919, 0.06322, 0.74457), gammaCurve(2.19921875))
	generic   = colours(xyz(0.45427, 0.24263, 0.01482), xyz(0.35333, 0.67441, 0.09042), xyz(0.15662, 0.08336, 0.71953), gammaCurve(1.8))
	srgb      = colours(xyz(0.43607, 0.22249, 0.01392), xyz(0.38515, 0.71687, 0.09708), xyz(0.14307, 0.06061, 0.71410), srgbCurve())
	grey18    = profile("GRAY", map[string][]byte{"kTRC": gammaCurve(1.8)})
)

// What colours become was reckoned apart from the profiles, with the published matrices between
// these spaces under D65 and their curves.
func TestColours(t *testing.T) {
	for _, c := range []struct {
		name     string
		profile  []byte
		in, want color.RGBA
	}{
		{"white of P3", displayP3, color.RGBA{255, 255, 255, 255}, color.RGBA{255, 255, 255, 255}},
		{"black of P3", displayP3, color.RGBA{0, 0, 0, 255}, color.RGBA{0, 0, 0, 255}},
		{"grey of P3", displayP3, color.RGBA{128, 128, 128, 255}, color.RGBA{128, 128, 128, 255}},
		{"red of P3, beyond sRGB", displayP3, color.RGBA{255, 0, 0, 255}, color.RGBA{255, 0, 0, 255}},
		{"skin of P3", displayP3, color.RGBA{200, 150, 120, 255}, color.RGBA{209, 147, 115, 255}},
		{"leaf of Adobe RGB", adobeRGB, color.RGBA{100, 150, 80, 255}, color.RGBA{66, 151, 74, 255}},
		{"grey of Generic RGB", generic, color.RGBA{128, 128, 128, 255}, color.RGBA{146, 146, 146, 255}},
		{"grey of gamma 1.8", grey18, color.RGBA{128, 128, 128, 255}, color.RGBA{146, 146, 146, 255}},
		{"half transparent", grey18, color.RGBA{64, 64, 64, 128}, color.RGBA{73, 73, 73, 128}},
	} {
		m := image.NewRGBA(image.Rect(0, 0, 1, 1))
		m.SetRGBA(0, 0, c.in)
		conversion := Parse(c.profile)
		if conversion == nil {
			t.Fatalf("%s: no profile", c.name)
		}
		conversion.Convert(m)
		got := m.RGBAAt(0, 0)
		for _, d := range []int{int(got.R) - int(c.want.R), int(got.G) - int(c.want.G), int(got.B) - int(c.want.B), int(got.A) - int(c.want.A)} {
			if d < -2 || d > 2 {
				t.Errorf("%s is %v, not %v", c.name, got, c.want)
				break
			}
		}
	}
}

func TestProfilesThatChangeNothing(t *testing.T) {
	long := append([]byte("curv\x00\x00\x00\x00\xff\xff\xff\xff"), 1, 2)
	for name, p := range map[string][]byte{
		"none": nil, "sRGB": srgb, "words": bytes.Repeat([]byte("profile "), 40), "of a printer": profile("CMYK", nil),
		"without colours": profile("RGB ", nil), "without light": colours(xyz(0, 0, 0), xyz(0, 0, 0), xyz(0, 0, 0), srgbCurve()),
		"a curve that is cut off": colours(xyz(0.4, 0.2, 0), xyz(0.4, 0.7, 0.1), xyz(0.1, 0.1, 0.7), long),
		"a curve of no kind":      profile("GRAY", map[string][]byte{"kTRC": []byte("mine\x00\x00\x00\x00\x00\x00\x00\x00")}),
		"cut off":                 displayP3[:200],
	} {
		if Parse(p) != nil {
			t.Errorf("%s has a conversion", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, p := range [][]byte{displayP3, adobeRGB, grey18} {
		f.Add(p)
	}
	f.Fuzz(func(_ *testing.T, p []byte) {
		if c := Parse(p); c != nil {
			c.Convert(image.NewRGBA(image.Rect(0, 0, 3, 3)))
		}
	})
}
