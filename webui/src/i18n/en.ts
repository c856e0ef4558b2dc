import type { Text } from "./index";

// en is the English table, and the list of all texts that there are.
export const en = {
  // The list of rooms
  chats: "Chats", search: "Search", clear: "Clear", filter: "Show", filter_all: "All", filter_unread: "Unread", filter_archived: "Archived",
  new_chat: "New chat", choose: "Choose a chat to read it", no_room: "No chat is open", none_rooms: "You have no chats yet.", none_unread: "Nothing unread.", none_archived: "Nothing archived.",
  you: "You", draft: "Draft:", muted: "muted", pinned: "pinned", mentioned: "You are mentioned", unread_count: { one: "{n} unread message", other: "{n} unread messages" },
  people: "People", public_rooms: "Public rooms", messages: "Messages", more_results: "Show more", nothing_found: "Nothing found.",
  notify_me: "Show notifications",

  // What can be done with a room
  info: "About this chat", info_members: "About and members", about: "About {room}", mark_read: "Mark as read", mark_unread: "Mark as unread", mark_unread_from: "Mark as unread from here",
  pin_room: "Pin to the top", unpin_room: "Unpin", mute: "Mute", unmute: "Unmute", archive: "Archive", unarchive: "Move out of the archive", leave: "Leave",
  delete_chat: "Delete chat", delete_room: "Delete for everyone", mute_title: "Mute {room}", mute_text: "You get no notifications of what is written here. For how long?",
  mute_hour: "For an hour", mute_hours: "For {n} hours", mute_week: "For a week", mute_always: "Until I unmute it",
  leave_title: "Leave {room}?", leave_text: "You will not see what is written here from then on.", delete_room_title: "Delete {room}?",
  delete_room_text: "It is deleted for everyone, with all of its messages. This cannot be undone.",
  join: "Join", group: "Group", channel: "Channel", private_messages: "Private chat", private_messages_hint: "Between you and one other", group_hint: "Everybody writes", channel_hint: "Few write, many read",
  owned_by: "Owner: {name}", kind: "Kind of chat", with_whom: "With whom?", create: "Create", name: "Name", description: "Description",
  public: "Public", private: "Private", public_hint: "Anyone can find and join it", room_gone: "This chat is no longer here for you.", to_chats: "To the chats",

  // A room
  back: "Back to the chats", more_actions: "More", search_room: "Search in this chat", search_in: "Search in {room}", search_words: "Words of a message",
  private_chat: "Private chat", last_seen: "last seen {ago}", members_count: { one: "{n} member", other: "{n} members" },
  typing_private: "typing…", typing_1: "{name} is typing…", typing_2: "{a} and {b} are typing…", typing_n: "{n} people are typing…",
  messages_of: "Messages in {room}", start: "This is the beginning of {room}.", start_private: "This is the beginning of your chat with {room}.", new_messages: "New messages", to_end: "To the newest message",
  to_end_new: { one: "To the newest message, {n} new", other: "To the newest message, {n} new" },
  to_mention: { one: "To the message that mentions you", other: "To the first of {n} messages that mention you" },
  read_only: "Only some members can write here.", not_member: "You are not a member.", drop_here: "Drop files here to send them",
  deleted_user: "Deleted user", user_number: "User {id}", notice: "Notice",

  // A message
  message_deleted: "Message deleted", edited: "edited", sent: "Sent", read_by: { one: "Read by {n}", other: "Read by {n}" },
  photos: { one: "Photo", other: "{n} photos" }, films: { one: "Film", other: "{n} films" }, sounds: { one: "Sound", other: "{n} sounds" }, files: { one: "File", other: "{n} files" },
  react: "React", reply: "Reply", copy: "Copy text", edit: "Edit", delete: "Delete", pin: "Pin", unpin: "Unpin", who_reacted: "Who reacted", more_emoji: "More emoji",
  copied: "Copied.", copy_failed: "The browser did not allow to copy.", reactions: "Reactions", others: { one: "{n} other", other: "{n} others" },
  delete_message_title: "Delete this message?", delete_message_text: "It is deleted for everyone.", pinned_messages: "Pinned messages", pinned_message: "Pinned message", all_pins: { one: "{n} pinned", other: "All {n}" },
  not_sent: "Not sent", sending: "Being sent", waiting: "Waiting to be sent", try_again: "Try again", discard: "Discard", discarded: "Discarded.", uploading: "Uploading {name}",
  open_picture: "Open picture {name}", picture_of: "Picture {n} of {all}: {name}", picture_before: "Previous picture", picture_after: "Next picture", download: "Download", load: "Load {name}",

  // Writing
  write: "Write a message", message_to: "Message to {room}", send: "Send", save: "Save", attach: "Attach files", attached: "Attached files", remove_file: "Remove {name}",
  file_place: "{name}, {n} of {all}", file_too_large: "A file may have {size} at most.", too_many_files: { one: "A message may have {n} file at most.", other: "A message may have {n} files at most." },
  editing: "Editing a message", replying_to: "Reply to {name}", too_long: { one: "{n} character too many", other: "{n} characters too many" },
  emoji: "Emoji", emoji_search: "Search emoji", emoji_recent: "Used last", emoji_tone: "Skin tone", emoji_failed: "The emoji could not be loaded.",
  emoji_smileys_emotion: "Smileys and emotion", emoji_people_body: "People", emoji_animals_nature: "Animals and nature", emoji_food_drink: "Food and drink",
  emoji_travel_places: "Travel and places", emoji_activities: "Activities", emoji_objects: "Objects", emoji_symbols: "Symbols", emoji_flags: "Flags",

  // Members
  members: "Members", member: "Member", owner: "Owner", moderator: "Moderator", banned: "Banned", none_banned: "Nobody is banned.", who: "Who?", everyone: "everyone", add: "Add", add_people: "Add people", add_title: "Add people to {room}",
  added: "Added: {names}", find_people: "Find people", no_people: "Nobody found.", remove_person: "Take {name} off the list", write_to: "Write to {name}",
  permissions: "Permissions", permissions_default: "Back to what all members have", default_permissions: "What members may do", transfer: "Make owner", transfer_title: "Make {name} the owner?",
  transfer_text: "You stay a member, and only {name} can give it back.", remove: "Remove", remove_title: "Remove {name}?", remove_text: "They may be added or join again.",
  ban: "Ban", unban: "Lift the ban", ban_title: "Ban {name}", ban_text: "They are removed, and can neither join nor be added.", how_long: "For how long?", forever: "Until it is lifted",
  until: "until {when}", days: { one: "{n} day", other: "{n} days" }, reason: "Reason",
  can_create_messages: "Write messages", can_edit_own_messages: "Edit own messages", can_delete_own_messages: "Delete own messages", can_add_users: "Add people",
  can_remove_users: "Remove and ban members", can_edit_messages: "Edit messages of others", can_delete_messages: "Delete messages of others", can_edit_room: "Edit the room and give permissions", can_delete_room: "Delete the chat",
  edit_room: "Edit", choose_picture: "Choose a picture", remove_picture: "Remove the picture", slow_mode: "Slow mode", slow_off: "Off", slow_every: "One message in {n} seconds", slow_left: "Slow mode: you can send again in {time}",
  history: "New members see", history_all: "All messages", history_joined: "Messages from when they joined",

  // The connection, and what went wrong
  close: "Close", cancel: "Cancel", reconnecting: "Reconnecting…", offline: "You are offline. What you write is sent later.", try_now: "Try now", signed_out: "You are signed out. Sign in again to go on.",
  problem_network: "The server cannot be reached.", problem_unreadable: "The server gave no answer that can be read.", problem_unauthenticated: "You are signed out.",
  problem_forbidden: "You may not do this.", problem_cross_origin: "This page may not use the chat.", problem_not_found: "It is no longer there.", problem_conflict: "This is not possible now.",
  problem_precondition_failed: "Somebody else has changed it in the meantime.", problem_too_large: "That is too large.", problem_unsupported_media_type: "This kind of file cannot be sent.",
  problem_invalid: "That is not valid.", problem_over_limit: "That is over a limit.", problem_rate_limited: "You are too fast. Wait a moment.", problem_internal: "Something went wrong. Try again later.",
  problem_no_media: "Files cannot be sent here.", problem_unavailable: "The server is busy. Try again in a moment.", problem_no_space: "The server has no space left.",
  problem_too_soon: "Slow mode: wait before you write again.",
  fault_required: "Something is missing.", fault_too_long: "The text is too long: {limit} characters at most.", fault_too_many: "These are too many: {limit} at most.", fault_too_large: "That is too large.",
  fault_invalid_text: "The text has characters that cannot be shown.", fault_no_such_user: "There is no such user.", fault_not_a_member: "This user is no member.", fault_not_in_room: "That message is in another room.",
  fault_not_own_upload: "The file is no longer there. Attach it again.", fault_not_an_image: "That is no picture that can be shown.", fault_not_a_reaction: "This emoji cannot be used here.",
  fault_damaged: "The file is damaged.", fault_duplicate: "It is there already.", fault_not_allowed: "This is not allowed.", fault_out_of_range: "The value is out of range.",
} as const satisfies Record<string, Text>;
