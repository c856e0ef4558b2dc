package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"iter"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-df/chat"
)

// export is a folder as Slack exports a workspace: users.json, channels.json, and a folder
// a channel with a file a day. What was uploaded is not in it: files has it by its ids.
type export struct {
	folder fs.FS
	users  map[string]string // names by id
}

type slackUser struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Real string `json:"real_name"`
}

type slackChannel struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Creator string   `json:"creator"`
	Members []string `json:"members"`
}

type slackMessage struct {
	Type     string `json:"type"`
	Subtype  string `json:"subtype"`
	User     string `json:"user"`
	Username string `json:"username"` // of a bot
	Text     string `json:"text"`
	TS       string `json:"ts"` // the time, and the message's id in its channel
	Thread   string `json:"thread_ts"`
	Edited   *struct {
		TS string `json:"ts"`
	} `json:"edited"`
	Reactions []struct {
		Name  string   `json:"name"`
		Users []string `json:"users"`
	} `json:"reactions"`
	Files []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"files"`
}

func (e *export) read(name string, into any) error {
	data, err := fs.ReadFile(e.folder, name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// messages are those of a channel, day by day: a day is in memory at a time.
func (e *export) messages(channel string) iter.Seq2[chat.ImportedMessage, error] {
	return func(yield func(chat.ImportedMessage, error) bool) {
		days, err := fs.Glob(e.folder, path.Join(channel, "*.json"))
		if err != nil {
			yield(chat.ImportedMessage{}, err)
			return
		}
		slices.Sort(days) // they are named by their dates
		told := map[string]bool{}
		for _, day := range days {
			var messages []slackMessage
			if err := e.read(day, &messages); err != nil {
				yield(chat.ImportedMessage{}, err)
				return
			}
			slices.SortStableFunc(messages, func(a, b slackMessage) int { return cmp.Compare(a.TS, b.TS) })
			for i := range messages {
				m, keep, err := e.message(&messages[i], told)
				if err != nil {
					err = fmt.Errorf("%s: %w", day, err)
				} else if !keep {
					continue
				}
				if !yield(m, err) {
					return
				}
			}
		}
	}
}

// message makes of Slack's message what is imported. What says that somebody joined, and what
// has neither text nor files, is left out. told are the messages before it.
func (e *export) message(in *slackMessage, told map[string]bool) (m chat.ImportedMessage, keep bool, err error) {
	if in.Type != "message" || in.Subtype != "" && in.Subtype != "bot_message" && in.Subtype != "thread_broadcast" {
		return m, false, nil
	}
	m = chat.ImportedMessage{ClientID: "slack:" + in.TS, Text: e.plain(in.Text)}
	if m.CreatedAt, err = slackTime(in.TS); err != nil {
		return m, false, err
	}
	if e.users[in.User] != "" {
		m.UserID = chat.UserID(in.User)
	} else if name := cmp.Or(in.Username, in.User); name != "" { // a bot, or somebody of another workspace
		m.Text = name + ": " + m.Text
	}
	if in.Edited != nil {
		at, err := slackTime(in.Edited.TS)
		if err != nil {
			return m, false, err
		}
		m.EditedAt = &at
	}
	if told[in.Thread] && in.Thread != in.TS {
		m.ReplyTo = "slack:" + in.Thread
	}
	for _, file := range in.Files {
		name := path.Join("files", file.ID)
		if _, err := fs.Stat(e.folder, name); errors.Is(err, fs.ErrNotExist) || !fs.ValidPath(name) {
			m.Text = strings.TrimSpace(m.Text + "\n[" + file.Name + "]") // it was not downloaded
			continue
		}
		m.Media = append(m.Media, chat.ImportedMedia{FileName: file.Name, Open: func() (io.ReadCloser, error) { return e.folder.Open(name) }})
	}
	m.Reactions = e.reactions(in)
	if m.Text == "" && len(m.Media) == 0 {
		return m, false, nil
	}
	told[in.TS] = true
	return m, true, nil
}

// reactions are those of users who are known, with emoji that are known.
func (e *export) reactions(in *slackMessage) (reactions []chat.ImportedReaction) {
	for _, r := range in.Reactions {
		emoji, known := emojis[r.Name]
		for _, user := range r.Users {
			if known && e.users[user] != "" {
				reactions = append(reactions, chat.ImportedReaction{UserID: chat.UserID(user), Reaction: emoji})
			}
		}
	}
	return reactions
}

// slackTime reads seconds and microseconds, as in "1704103260.000200".
func slackTime(ts string) (time.Time, error) {
	seconds, micros, _ := strings.Cut(ts, ".")
	s, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	us, err := strconv.ParseInt(cmp.Or(micros, "0"), 10, 64)
	return time.Unix(s, us*1000), err
}

var markup = regexp.MustCompile(`<([^<>|]+)(?:\|([^<>]*))?>`)

// plain makes text of Slack's markup: mentions, channels, links and escapes.
func (e *export) plain(text string) string {
	text = markup.ReplaceAllStringFunc(text, func(found string) string {
		parts := markup.FindStringSubmatch(found)
		target, label := parts[1], parts[2]
		switch target[0] {
		case '@':
			return "@" + cmp.Or(label, e.users[target[1:]], target[1:])
		case '#', '!':
			return target[:1] + cmp.Or(label, target[1:])
		}
		if label != "" && label != target {
			return label + " (" + target + ")"
		}
		return target
	})
	return html.UnescapeString(text)
}

// emojis are Slack's names of the emoji that are reacted with most. Others are left out, as
// those that a workspace has made itself must be.
var emojis = map[string]string{
	"+1": "👍", "thumbsup": "👍", "-1": "👎", "heart": "❤️", "tada": "🎉", "eyes": "👀", "joy": "😂", "fire": "🔥", "rocket": "🚀",
	"white_check_mark": "✅", "pray": "🙏", "clap": "👏", "100": "💯", "raised_hands": "🙌", "smile": "😄", "wave": "👋", "thinking_face": "🤔",
}
