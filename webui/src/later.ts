// What is fetched after the first sight of the page: dialogs, search, and the viewer.
export { Info } from "./members/info";
export { Confirm } from "./parts/dialog";
export { AllPins } from "./room/all_pins";
export { Reacted } from "./room/reacted";
export { RoomSearch } from "./room/search";
export { Viewer } from "./room/viewer";
export { Archive } from "./rooms/archive";
export { MuteDialog } from "./rooms/mute";
export { NewRoom } from "./rooms/new";
export { Preview } from "./rooms/preview";
export { Results } from "./rooms/results";
