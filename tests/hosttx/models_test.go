package hosttx_test

import (
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/go-df/chat"
	"github.com/go-df/chat/internal/chatsuite"
)

// The ways in which a host's model may refer to a room.
type (
	// idOrder has the room's id and nothing that GORM knows of.
	idOrder struct {
		ID     uint
		RoomID *uuid.UUID `gorm:"type:uuid"`
	}
	// roomOrder belongs to a room, and outlives it.
	roomOrder struct {
		ID     uint
		RoomID *uuid.UUID
		Room   *chat.Room `gorm:"constraint:OnDelete:SET NULL"`
	}
	// boundOrder belongs to a room, which cannot be purged before it.
	boundOrder struct {
		ID     uint
		RoomID uuid.UUID
		Room   chat.Room
	}
)

// withModels runs a test on a database of each kind that was never migrated.
func withModels(t *testing.T, test func(t *testing.T, v chatsuite.Variant, db *gorm.DB)) {
	t.Helper()
	t.Parallel()
	for _, v := range []chatsuite.Variant{chatsuite.SQLite, chatsuite.Postgres} {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			test(t, v, unmigrated(t, v))
		})
	}
}

// definitions are the chat's tables as the database has them.
func definitions(t *testing.T, v chatsuite.Variant, db *gorm.DB) string {
	t.Helper()
	if v.Postgres {
		return chatsuite.QueryLines(t, db, `SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable FROM information_schema.columns
			WHERE table_name LIKE 'chat%' ORDER BY table_name, column_name`) +
			chatsuite.QueryLines(t, db, `SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid::regclass::text LIKE 'chat%' ORDER BY conname`)
	}
	return chatsuite.QueryLines(t, db, "SELECT name || coalesce(sql, '') FROM sqlite_master WHERE name LIKE 'chat%' ORDER BY name")
}

func roomOf(t *testing.T, v chatsuite.Variant, db *gorm.DB) (*chat.Service, *chat.Room) {
	t.Helper()
	svc := chatsuite.Must(chat.New(db, chat.Config{UserIDs: v.UserIDs}))(t)
	return svc, chatsuite.Must(svc.CreateRoom(t.Context(), v.UserID(1), chat.NewRoom{Name: "Order 17"}))(t)
}

// A model with the id alone may be migrated whenever the host likes.
func TestAModelWithARoomsIDIsMigratedBeforeOrAfter(t *testing.T) {
	for _, first := range []bool{true, false} {
		t.Run(map[bool]string{true: "before", false: "after"}[first], func(t *testing.T) {
			withModels(t, func(t *testing.T, v chatsuite.Variant, db *gorm.DB) {
				if first {
					chatsuite.NoError(t, db.AutoMigrate(&idOrder{}))
				}
				chatsuite.NoError(t, chat.Migrate(t.Context(), db, chat.Config{UserIDs: v.UserIDs}))
				before := definitions(t, v, db)
				chatsuite.NoError(t, db.AutoMigrate(&idOrder{}))
				if definitions(t, v, db) != before {
					t.Error("AutoMigrate changed the chat's tables")
				}
				_, room := roomOf(t, v, db)
				order := idOrder{RoomID: &room.ID}
				chatsuite.NoError(t, db.Create(&order).Error)
				var found idOrder
				chatsuite.NoError(t, db.Where("room_id = ?", room.ID).Take(&found).Error)
				if *found.RoomID != room.ID {
					t.Errorf("the order has the room %s, want %s", found.RoomID, room.ID)
				}
			})
		})
	}
}

// GORM migrates what a model belongs to as well: before Migrate that fails, and leaves
// nothing behind that Migrate would stumble over.
func TestAModelThatBelongsToARoomIsMigratedAfter(t *testing.T) {
	withModels(t, func(t *testing.T, v chatsuite.Variant, db *gorm.DB) {
		if err := db.AutoMigrate(&roomOrder{}); err == nil {
			t.Error("it was migrated before there are rooms")
		}
		chatsuite.NoError(t, chat.Migrate(t.Context(), db, chat.Config{UserIDs: v.UserIDs}))
		before := definitions(t, v, db)
		for range 2 { // when the program starts again, too
			chatsuite.NoError(t, db.AutoMigrate(&roomOrder{}, &boundOrder{}))
		}
		if definitions(t, v, db) != before {
			t.Error("AutoMigrate changed the chat's tables")
		}
		if !db.Migrator().HasConstraint(&roomOrder{}, "Room") {
			t.Error("there is no foreign key")
		}
		if err := db.Exec("INSERT INTO room_orders (room_id) VALUES (?)", uuid.New()).Error; err == nil {
			t.Error("an order of no room was stored")
		}
	})
}

// What GORM saves along is the room as it was read; the room's counters have moved on.
func TestSavingAModelDoesNotWriteItsRoom(t *testing.T) {
	withModels(t, func(t *testing.T, v chatsuite.Variant, db *gorm.DB) {
		chatsuite.NoError(t, chat.Migrate(t.Context(), db, chat.Config{UserIDs: v.UserIDs}))
		chatsuite.NoError(t, db.AutoMigrate(&roomOrder{}))
		svc, room := roomOf(t, v, db)
		stale := *room
		stale.Name = "as it never was"
		message := chatsuite.Must(svc.SendMessage(t.Context(), v.UserID(1), room.ID, chat.NewMessage{Text: "hi"}))(t)
		rows := func() string {
			return chatsuite.QueryLines(t, db, "SELECT name || ' ' || last_seq || ' ' || last_number FROM chat_rooms ORDER BY id")
		}
		want := rows()
		full := db.Session(&gorm.Session{FullSaveAssociations: true})
		order := roomOrder{Room: &stale}
		chatsuite.NoError(t, db.Create(&order).Error)
		for name, save := range map[string]func() error{
			"Create":               func() error { return db.Create(&roomOrder{Room: &stale}).Error },
			"Save":                 func() error { return db.Save(&order).Error },
			"Updates":              func() error { return db.Model(&order).Updates(&roomOrder{Room: &stale}).Error },
			"FullSaveAssociations": func() error { return full.Save(&order).Error },
			"Association":          func() error { return db.Model(&order).Association("Room").Append(&stale) },
			"Save of the room":     func() error { return db.Save(&stale).Error },
			"Update of the room":   func() error { return db.Model(&stale).Update("last_seq", 1).Error },
			"Save of a message":    func() error { m := *message; m.Text = "forged"; return db.Save(&m).Error },
		} {
			chatsuite.NoError(t, save())
			if got := rows(); got != want {
				t.Errorf("%s wrote the room %q, want %q", name, got, want)
			}
		}
		if got := chatsuite.Must(svc.Message(t.Context(), chat.System, message.ID))(t); got.Text != "hi" {
			t.Errorf("the message says %q", got.Text)
		}
		// A room is made by CreateRoom.
		if err := db.Create(&roomOrder{Room: &chat.Room{ID: uuid.New(), Type: chat.Group, Name: "by hand"}}).Error; err == nil {
			t.Error("a room was made by hand")
		}
		for name, read := range map[string]*gorm.DB{"Preload": db.Preload("Room"), "Joins": db.Joins("Room")} {
			var found roomOrder
			chatsuite.NoError(t, read.Take(&found, order.ID).Error)
			if found.Room == nil || found.Room.ID != room.ID || found.Room.LastNumber != 1 {
				t.Errorf("%s reads the room %+v", name, found.Room)
			}
		}
	})
}

// A foreign key decides what becomes of a room's order when the room is purged.
func TestPurgingARoomThatAModelBelongsTo(t *testing.T) {
	withModels(t, func(t *testing.T, v chatsuite.Variant, db *gorm.DB) {
		chatsuite.NoError(t, chat.Migrate(t.Context(), db, chat.Config{UserIDs: v.UserIDs}))
		chatsuite.NoError(t, db.AutoMigrate(&roomOrder{}, &boundOrder{}))
		svc, room := roomOf(t, v, db)
		outliving, bound := roomOrder{RoomID: &room.ID}, boundOrder{RoomID: room.ID}
		chatsuite.NoError(t, db.Create(&outliving).Error)
		chatsuite.NoError(t, db.Omit("Room").Create(&bound).Error)
		chatsuite.NoError(t, svc.DeleteRoom(t.Context(), chat.System, room.ID))
		if _, err := svc.PurgeRooms(t.Context(), -1); err == nil {
			t.Error("a room that an order is bound to was purged")
		}
		chatsuite.NoError(t, db.Delete(&bound).Error)
		if purged := chatsuite.Must(svc.PurgeRooms(t.Context(), -1))(t); purged != 1 {
			t.Errorf("%d rooms were purged", purged)
		}
		var found roomOrder
		chatsuite.NoError(t, db.Take(&found, outliving.ID).Error)
		if found.RoomID != nil {
			t.Errorf("the order has the room %s, which is purged", found.RoomID)
		}
	})
}
