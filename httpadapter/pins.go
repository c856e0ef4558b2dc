package httpadapter

// messagePin pins. The same again gets the same response.
func messagePin(r *request) (*response, error) {
	id := r.id("message")
	if r.err != nil {
		return nil, r.err
	}
	pinned, err := r.h.svc.PinMessage(r.Context(), r.actor, id)
	if err != nil {
		return nil, err
	}
	v := r.view()
	return ok(v.pin(pinned), v), nil
}

func messageUnpin(r *request) (*response, error) {
	id := r.id("message")
	if r.err != nil {
		return nil, r.err
	}
	if err := r.h.svc.UnpinMessage(r.Context(), r.actor, id); err != nil {
		return nil, err
	}
	return noContent(), nil
}

func pinList(r *request) (*response, error) {
	id := r.id("room")
	if r.err != nil {
		return nil, r.err
	}
	found, err := r.h.svc.Pins(r.Context(), r.actor, id)
	if err != nil {
		return nil, err
	}
	v := r.view()
	return ok(items[pin]{shownAll(found, v.pin)}, v), nil
}
