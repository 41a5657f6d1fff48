"use strict";
/*
 * Makes a photo that is too large to be sent smaller, on the phone itself: its camera takes photos
 * that no merchant knows how to make smaller. `side` is what the server would reduce it to anyway.
 */

(() => {
  const QUALITY = 0.92;

  /* Resolves to a File no larger than `most` bytes, or to null where this browser cannot make one. */
  window.shrunkPhoto = async (photo, { most, side }) => {
    let bitmap;
    try {
      bitmap = await createImageBitmap(photo); /* upright, as its EXIF says */
    } catch {
      return null;
    }
    const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    const pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    /* JPEG has no alpha: what may be a cut-out already stays one. */
    const kind = /png|webp/.test(photo.type) ? "image/webp" : "image/jpeg";
    const made = await new Promise((done) => canvas.toBlob(done, kind, QUALITY));
    if (!made || made.size > most) return null;
    const name = photo.name.replace(/\.[^.]*$/, "") || "photo";
    return new File([made], `${name}.${made.type.slice(6)}`, { type: made.type });
  };
})();
