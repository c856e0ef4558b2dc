import base from "./base.css";
import composer from "./composer.css";
import floating from "./floating.css";
import message from "./message.css";
import room from "./room.css";
import rooms from "./rooms.css";

export const styles = [base, rooms, room, message, composer, floating].join("\n");
