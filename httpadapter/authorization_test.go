package httpadapter_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-df/chat/httpadapter"
)

// TestAuthorization compares every cell of testdata/authorization.table with the
// status that the API answers. After each refusal the tables are as before.
//
// The file has a section for each kind of room. Its columns are who asks: nobody at
// all (-), a stranger, someone who was removed, a member with no permission (mute),
// a member by default, a member with all permissions that can be given (admin), and
// the owner. In private rooms "member" is one of the two. {own} is the asker's own
// message, {message} somebody else's; and so on.
func TestAuthorization(t *testing.T) {
	over(t, func(t *testing.T, h *host) {
		database := "sqlite"
		if strings.Contains(t.Name(), "postgres") {
			database = "postgres"
		}
		sections := strings.Split(strings.TrimSpace(string(must(os.ReadFile("testdata/authorization.table"))(t))), "\n\n")
		if len(sections) != 4 {
			t.Fatalf("there are %d kinds of rooms", len(sections))
		}
		for _, section := range sections {
			lines := strings.Split(section, "\n")
			kind, columns := lines[0], strings.Fields(lines[1])
			t.Run(kind, func(t *testing.T) {
				t.Parallel()
				table := &authTable{kind: kind, columns: columns}
				for n, line := range lines[2:] {
					if n%4 == 0 { // what is compared after a refusal grows with each scene
						table.host = newHost(t, database)
					}
					table.row(line)
				}
				table.wantAllRoutes()
			})
		}
	})
}

type authTable struct {
	*host
	kind    string
	columns []string
	asked   map[string]bool
}

// row is "POST /rooms/{room}/messages {"text":"x"} | 401 404 …".
func (a *authTable) row(line string) {
	request, expected, found := strings.Cut(line, " | ")
	statuses := strings.Fields(expected)
	if !found || len(statuses) != len(a.columns) {
		a.t.Fatalf("the row %q has %d cells, want %d", line, len(statuses), len(a.columns))
	}
	parts := strings.SplitN(strings.TrimSpace(request), " ", 3)
	body := ""
	if len(parts) == 3 {
		body = strings.TrimSpace(parts[2])
	}
	for i, who := range a.columns {
		s := a.scene(who)
		var before map[string][]map[string]any
		if statuses[i] >= "4" {
			before = a.dump()
		}
		got := a.do(s.who, parts[0]+" "+s.fill(parts[1]), s.fill(body))
		if fmt.Sprint(got.status) != statuses[i] {
			a.t.Errorf("%s: %s %s: %d %s, want %s", a.kind, who, request, got.status, got.body, statuses[i])
		}
		if before != nil {
			if diff := cmp.Diff(before, a.dump()); diff != "" {
				a.t.Errorf("%s: %s %s was refused and changed something: %s", a.kind, who, request, diff)
			}
		}
	}
	if a.asked == nil {
		a.asked = map[string]bool{}
	}
	a.asked[parts[0]+" "+routeOf(parts[1])] = true
}

// routeOf is the path of a row as the routes have it.
func routeOf(path string) string {
	path, _, _ = strings.Cut(path, "?")
	path = strings.NewReplacer("{own}", "{message}", "{myfile}", "{media}", "{myreaction}", "{reaction}",
		"{other}", "{user}", "{owner}", "{user}", "users/me", "users/{user}").Replace(path)
	return strings.NewReplacer("users/{user}/read", "users/me/read", "users/{user}/unread", "users/me/unread").Replace(path)
}

// wantAllRoutes fails when a route about a room or something in it is not asked.
func (a *authTable) wantAllRoutes() {
	for _, route := range httpadapter.Routes() {
		parts := strings.Fields(route)
		if !a.asked[parts[0]+" "+parts[1]] && strings.Contains(parts[1], "{") {
			a.t.Errorf("the table of %s lacks %s", a.kind, route)
		}
	}
}

// authScene is a fresh room with something of everybody's in it.
type authScene struct {
	who  string
	fill func(string) string
}

func (a *authTable) scene(column string) authScene {
	a.t.Helper()
	a.check = false
	defer func() { a.check = true }()
	room := a.authRoom()
	who := map[string]string{
		"-": "", "stranger": "erin", "removed": "dave", "mute": "carol", "member": "bob", "admin": "carol", "owner": "alice",
	}[column]
	other := "2" // a member who is somebody else
	if who == "bob" {
		other = "1"
	}
	writer := "bob"
	if who == "bob" {
		writer = "alice"
	}
	if a.kind == "channel" { // members of a channel only read
		a.want(200, "", "alice", "PATCH /rooms/"+room+"/users/2", `{"permissions":["can_create_messages"]}`)
	}
	file := a.upload(writer, "theirs.png", png)
	message := a.made(writer, "POST /rooms/"+room+"/messages", `{"media_ids":["`+file+`"]}`)
	reaction := a.made(writer, "POST /messages/"+message+"/reactions", `{"reaction":"👍"}`)
	own, mine := nowhere, nowhere
	if column != "-" && column != "stranger" && a.kind != "private" || column == "member" {
		own, mine = a.authOwn(column, who, room)
	}
	a.authStanding(column, room)
	fill := strings.NewReplacer("{room}", room, "{message}", message, "{media}", file, "{reaction}", reaction,
		"{own}", own, "{myreaction}", mine, "{other}", other, "{owner}", "1", "{me}", string(id(who)))
	return authScene{who: who, fill: fill.Replace}
}

// authRoom is alice's, with bob, carol and dave in it; or it is alice's and bob's.
func (a *authTable) authRoom() string {
	if a.kind == "private" {
		if room := a.do("alice", "POST /rooms", `{"type":"private_messages","user_id":"2"}`); room.status == 200 {
			a.want(204, "", "alice", "DELETE /rooms/"+room.field("id"), "")
		} else {
			return room.field("id")
		}
		return a.made("alice", "POST /rooms", `{"type":"private_messages","user_id":"2"}`)
	}
	kind, public := a.kind, "false"
	if kind == "public" {
		kind, public = "group", "true"
	}
	return a.made("alice", "POST /rooms", `{"type":"`+kind+`","name":"Room","is_public":`+public+
		`,"members":[{"user_id":"2"},{"user_id":"3"},{"user_id":"4"}]}`)
}

// authOwn is a message and a reaction of the asker's own, from when they could write.
func (a *authTable) authOwn(column, who, room string) (message, reaction string) {
	if a.kind == "channel" && column != "owner" {
		a.want(200, "", "alice", "PATCH /rooms/"+room+"/users/"+string(id(who)), `{"permissions":["can_create_messages"]}`)
	}
	message = a.send(who, room, "mine")
	return message, a.made(who, "POST /messages/"+message+"/reactions", `{"reaction":"👍"}`)
}

// authStanding gives the asker the place in the room that the column names.
func (a *authTable) authStanding(column, room string) {
	switch {
	case a.kind == "private":
	case column == "removed":
		a.want(204, "", "alice", "DELETE /rooms/"+room+"/users/4", "")
	case column == "mute":
		a.want(200, "", "alice", "PATCH /rooms/"+room+"/users/3", `{"permissions":[]}`)
	case column == "admin":
		a.want(200, "", "alice", "PATCH /rooms/"+room+"/users/3", `{"permissions":["can_add_users","can_remove_users",
			"can_create_messages","can_delete_messages","can_delete_own_messages","can_edit_messages",
			"can_edit_own_messages","can_edit_room"]}`)
	}
	if a.kind == "channel" {
		a.want(200, "", "alice", "PATCH /rooms/"+room+"/users/2", `{"permissions":null}`)
	}
}
