package chat

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"testing"
)

// right is what a kind of room says to a member who wants something.
type right int

const (
	yes        right = iota // to who has what is needed
	breaks                  // who has what is needed would break a rule of the room, as System would
	nobody                  // not to a member, but to System
	owners                  // to the owner and System
	breaksMine              // not to a member; System would break a rule of the room
)

// rule is a line of the rules in docs/design.md: what is needed, and what each kind
// of room says to it.
type rule struct {
	name   string
	op     operation
	on     target
	needs  Permissions
	grants bool // every bit that changes is needed too
	admins bool // every administrative bit that the target holds is needed too

	room, private, closed right // groups and channels; private rooms; those whose other user was erased
	public                right // what a public room says to those outside: yes, or nobody
}

// The targets.
var (
	some     = target{}
	mine     = target{own: true}
	isOwner  = target{owner: true}
	ownOwner = target{own: true, owner: true}
	child    = target{child: true}
	myChild  = target{child: true, own: true}
	given    = target{set: true}
	ofOwner  = target{set: true, owner: true}
	crowded  = target{crowded: true}
)

const (
	create = CanCreateMessages
	edit   = CanEditRoom
)

var rules = []rule{
	{"see the room", opSeeRoom, some, 0, false, false, yes, yes, yes, yes},
	{"join", opJoin, some, 0, false, false, yes, yes, yes, yes},
	{"read the room", opRead, some, 0, false, false, yes, yes, yes, nobody},
	{"read a message", opRead, child, 0, false, false, yes, yes, yes, nobody},
	{"mute or mark as read", opKeepOwnState, mine, 0, false, false, yes, yes, yes, nobody},
	{"mute for another", opKeepOwnState, some, 0, false, false, nobody, nobody, nobody, nobody},
	{"leave", opLeave, mine, 0, false, false, yes, breaks, breaks, nobody},
	{"leave as the owner", opLeave, ownOwner, 0, false, false, breaks, breaks, breaks, nobody},
	{"add by default", opAddUsers, some, CanAddUsers, true, false, yes, breaks, breaks, nobody},
	{"add with a set", opAddUsers, given, CanAddUsers | edit, true, false, yes, breaks, breaks, nobody},
	{"remove another", opRemoveUser, some, CanRemoveUsers, false, true, yes, breaks, breaks, nobody},
	{"remove the owner", opRemoveUser, isOwner, CanRemoveUsers, false, false, breaks, breaks, breaks, nobody},
	{"ban", opBan, some, CanRemoveUsers, false, true, yes, breaks, breaks, nobody},
	{"ban the owner", opBan, isOwner, CanRemoveUsers, false, false, breaks, breaks, breaks, nobody},
	{"lift a ban", opUnban, some, CanRemoveUsers, false, false, yes, breaks, breaks, nobody},
	{"see the bans", opSeeBans, some, CanRemoveUsers, false, false, yes, breaks, breaks, nobody},
	{"set permissions", opSetPermissions, given, edit, true, false, yes, breaks, breaks, nobody},
	{"set the owner's", opSetPermissions, ofOwner, edit, false, false, breaks, breaks, breaks, nobody},
	{"update", opUpdateRoom, some, edit, true, false, yes, breaks, breaks, nobody},
	{"transfer", opTransfer, some, 0, false, false, owners, breaksMine, breaksMine, nobody},
	{"delete a private room", opDeleteRoom, some, CanDeleteRoom, false, false, owners, yes, yes, nobody},
	{"send", opSend, some, create, false, false, yes, yes, nobody, nobody},
	{"edit one's own", opEdit, myChild, create | CanEditOwnMessages, false, false, yes, yes, nobody, nobody},
	{"edit another's", opEdit, child, CanEditMessages, false, false, yes, yes, nobody, nobody},
	{"delete one's own", opDelete, myChild, CanDeleteOwnMessages, false, false, yes, yes, yes, nobody},
	{"delete another's", opDelete, child, CanDeleteMessages, false, false, yes, yes, yes, nobody},
	{"react", opReact, child, 0, false, false, yes, yes, nobody, nobody},
	{"react to one's own", opReact, myChild, 0, false, false, yes, yes, nobody, nobody},
	{"take back one's own", opUnreact, myChild, 0, false, false, yes, yes, yes, nobody},
	{"take back another's", opUnreact, child, 0, false, false, nobody, nobody, nobody, nobody},
	{"mention a few", opMentionRoom, some, 0, false, false, yes, yes, yes, nobody},
	{"mention many", opMentionRoom, crowded, edit, false, false, yes, yes, yes, nobody},
	{"send at any pace", opSendAtAnyPace, some, CanDeleteMessages, false, false, yes, yes, yes, nobody},
	{"pin", opPin, child, edit, false, false, yes, yes, nobody, nobody},
	{"unpin", opUnpin, child, edit, false, false, yes, yes, yes, nobody},
}

// in is what the rule says in a room of this state.
func (r rule) in(room roomState) right {
	switch {
	case room.closed:
		return r.closed
	case room.roomType == PrivateMessages:
		return r.private
	default:
		return r.room
	}
}

// toMember is the answer to a member with this set, about the bits that change or
// that the target holds.
func (r rule) toMember(room roomState, set, bits Permissions) error {
	needed := r.needs
	if r.grants {
		needed |= bits
	}
	if r.admins {
		needed |= bits & (CanRemoveUsers | CanDeleteMessages | CanEditMessages | CanEditRoom)
	}
	switch says := r.in(room); {
	case says == nobody || says == owners || says == breaksMine || needed&^set != 0:
		return ErrForbidden
	case says == breaks:
		return ErrConflict
	}
	return nil
}

func (r rule) toOwner(room roomState) error {
	switch r.in(room) {
	case nobody:
		return ErrForbidden
	case breaks:
		return ErrConflict
	}
	return nil
}

func (r rule) toSystem(room roomState) error {
	if says := r.in(room); says == breaks || says == breaksMine {
		return ErrConflict
	}
	return nil
}

func (r rule) toOutsider(room roomState) error {
	switch {
	case !room.public || r.on.child:
		return ErrNotFound
	case r.public == nobody:
		return ErrForbidden
	}
	return nil
}

var everyRoomState = []roomState{
	{roomType: PrivateMessages}, {roomType: PrivateMessages, closed: true},
	{roomType: Group}, {roomType: Group, public: true}, {roomType: Channel}, {roomType: Channel, public: true},
}

// Each of the 512 sets, in each kind of room, with each set of changed bits where
// bits change, and each that the target holds where that matters.
func TestEveryPermissionSetIsAnsweredByTheRules(t *testing.T) {
	t.Parallel()
	for _, rule := range rules {
		for _, room := range everyRoomState {
			t.Run(fmt.Sprintf("%s in %+v", rule.name, room), func(t *testing.T) {
				rule.check(t, room)
			})
		}
	}
}

func (r rule) check(t *testing.T, room roomState) {
	last := NoPermissions
	if r.grants || r.admins {
		last = AllPermissions
	}
	for bits := NoPermissions; bits <= last; bits++ {
		on := r.on
		if r.admins {
			on.permissions = bits
		} else {
			on.changed = bits
		}
		if r.on.owner {
			on.permissions = AllPermissions
		}
		wrong := func(who string, actor access, want error) {
			t.Helper()
			if got := decide(actor, r.op, room, on); !errors.Is(got, want) {
				t.Fatalf("to %s with %v, about %v: error is %v, want %v", who, actor.permissions, bits, got, want)
			}
		}
		for set := NoPermissions; set <= AllPermissions; set++ {
			wrong("a member", access{member: true, permissions: set}, r.toMember(room, set, bits))
			wrong("an outsider", access{permissions: set}, r.toOutsider(room))
		}
		wrong("System", access{system: true}, r.toSystem(room))
		if room.roomType != PrivateMessages {
			wrong("the owner", access{member: true, owner: true, permissions: AllPermissions}, r.toOwner(room))
		}
	}
}

// A ban keeps out whoever could come in, and tells nothing of a room that is hidden.
func TestBannedUsersCannotJoin(t *testing.T) {
	t.Parallel()
	for _, room := range everyRoomState {
		want := ErrNotFound
		if room.public {
			want = ErrForbidden
		}
		if got := decide(access{banned: true}, opJoin, room, target{}); !errors.Is(got, want) {
			t.Errorf("in %+v: error is %v, want %v", room, got, want)
		}
	}
}

// Whatever a member may do, they do it to no message from before they joined, and System does.
func TestMessagesBeforeAMemberAreNotFound(t *testing.T) {
	t.Parallel()
	late := access{member: true, owner: true, permissions: AllPermissions, joined: 10}
	for _, room := range everyRoomState {
		for op := opSeeRoom; op <= opUnreact; op++ {
			for _, own := range []bool{false, true} {
				hidden, seen := target{child: true, own: own, number: 10}, target{child: true, own: own, number: 11}
				if got := decide(late, op, room, hidden); !errors.Is(got, ErrNotFound) {
					t.Errorf("operation %d in %+v: error is %v, want %v", op, room, got, ErrNotFound)
				}
				if got := decide(late, op, room, seen); errors.Is(got, ErrNotFound) {
					t.Errorf("operation %d in %+v: a later message is not found", op, room)
				}
				if got := decide(access{system: true}, op, room, hidden); errors.Is(got, ErrNotFound) {
					t.Errorf("operation %d in %+v: System does not find the message", op, room)
				}
			}
		}
	}
}

// One shows others the history that one sees.
func TestWhoSeesAllOfTheHistoryShowsIt(t *testing.T) {
	t.Parallel()
	room, on := roomState{roomType: Group}, target{opensHistory: true}
	for _, c := range []struct {
		actor access
		want  error
	}{
		{access{member: true, permissions: CanEditRoom}, nil},
		{access{member: true, permissions: AllPermissions &^ CanEditRoom}, ErrForbidden},
		{access{member: true, permissions: AllPermissions, joined: 1}, ErrForbidden},
		{access{member: true, owner: true, permissions: AllPermissions, joined: 1}, ErrForbidden},
		{access{system: true}, nil},
	} {
		if got := decide(c.actor, opUpdateRoom, room, on); !errors.Is(got, c.want) {
			t.Errorf("%+v: error is %v, want %v", c.actor, got, c.want)
		}
	}
}

// What no rule is about is refused.
func TestWhatNoRuleIsAboutIsForbidden(t *testing.T) {
	t.Parallel()
	ruled := map[operation]bool{}
	for _, rule := range rules {
		ruled[rule.op] = true
	}
	for op := opSeeRoom; op <= opUnpin; op++ {
		if !ruled[op] {
			t.Errorf("no rule is about operation %d", op)
		}
	}
	owner := access{member: true, owner: true, permissions: AllPermissions}
	if err := decide(owner, opDeleteMedia+1, roomState{roomType: Group}, target{own: true}); !errors.Is(err, ErrForbidden) {
		t.Errorf("an unknown operation: error is %v, want %v", err, ErrForbidden)
	}
}

// A driver that goes by what Go says of a value would bind what String returns.
func TestPermissionsAreBoundAsANumber(t *testing.T) {
	t.Parallel()
	for _, p := range []Permissions{NoPermissions, CanAddUsers, AllPermissions} {
		for _, bound := range []any{p, &p} {
			valuer, is := bound.(driver.Valuer)
			if !is {
				t.Fatalf("%T is no driver.Valuer", bound)
			}
			if value, err := valuer.Value(); value != int64(p) || err != nil {
				t.Errorf("%v is bound as %v, %v", p, value, err)
			}
		}
	}
}
