import type { SizedFile } from "df-chat-client";

// The pictures that are shown rather than offered as files.
export const shownPictures = /^image\/(png|jpeg|gif|webp)$/;

const known = new WeakMap<Blob, Promise<File | SizedFile>>(), patience = 2000;

// sized adds to a picture or a film how large it is shown, so that it has its place before the
// server has it. It is found out while one still writes.
export function sized(file: File): Promise<File | SizedFile> {
  let size = known.get(file);
  if (!size) known.set(file, size = Promise.race([measure(file), new Promise<File>((done) => setTimeout(done, patience, file))]).catch(() => file));
  return size;
}

async function measure(file: File): Promise<File | SizedFile> {
  if (shownPictures.test(file.type)) {
    const picture = await createImageBitmap(file), { width, height } = picture;
    picture.close();
    return { blob: file, width, height };
  }
  return file.type.startsWith("video/") ? measureFilm(file) : file;
}

function measureFilm(file: File): Promise<File | SizedFile> {
  const film = document.createElement("video"), src = URL.createObjectURL(file);
  const size = new Promise<File | SizedFile>((done) => {
    film.onloadedmetadata = () => done(film.videoWidth ? { blob: file, width: film.videoWidth, height: film.videoHeight } : file);
    film.onerror = () => done(file);
  });
  film.preload = "metadata";
  film.src = src;
  return size.finally(() => { film.removeAttribute("src"); URL.revokeObjectURL(src); });
}
