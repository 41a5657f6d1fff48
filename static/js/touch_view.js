"use strict";
/*
 * What is seen while a product is cut out by hand: the photo under a movable, zoomable window, what
 * is removed faint over a checkerboard, what is kept in full colour, and the strokes not yet
 * followed. Positions handed out are those of the strokes: 0..10000 of the photo's sides.
 */

class TouchView {
  static UNITS = 10000;
  static CLOSEST = 8; /* times the size that fits */
  static CHECKER = 9;
  static ROOM = 14; /* CSS pixels round a photo that is fitted */

  constructor(canvas, photo) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.photo = photo;
    this.width = photo.naturalWidth;
    this.height = photo.naturalHeight;
    this.cut = this.layer();
    this.mask = null;
    this.hideRemoved = false;
    this.pending = [];
    this.brush = null;
    this.colours = getComputedStyle(canvas);
    this.checks = this.pattern();
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
    this.fit();
  }

  layer() {
    const layer = document.createElement("canvas");
    layer.width = this.width;
    layer.height = this.height;
    return layer;
  }

  pattern() {
    const side = TouchView.CHECKER;
    const tile = document.createElement("canvas");
    tile.width = tile.height = 2 * side;
    const paint = tile.getContext("2d");
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    paint.fillStyle = dark ? "#3a332e" : "#ffffff";
    paint.fillRect(0, 0, 2 * side, 2 * side);
    paint.fillStyle = dark ? "#2a2420" : "#e4ddd4";
    paint.fillRect(0, 0, side, side);
    paint.fillRect(side, side, side, side);
    return this.context.createPattern(tile, "repeat");
  }

  resize() {
    const { width, height } = this.canvas.getBoundingClientRect();
    if (!width || !height) return;
    const fitted = !this.scale || Math.abs(this.scale - this.fitScale) < 1e-6;
    this.ratio = Math.min(window.devicePixelRatio || 1, 2.5);
    this.canvas.width = Math.round(width * this.ratio);
    this.canvas.height = Math.round(height * this.ratio);
    [this.viewWidth, this.viewHeight] = [width, height];
    const room = 2 * TouchView.ROOM;
    this.fitScale = Math.min((width - room) / this.width, (height - room) / this.height);
    if (fitted) this.fit();
    else this.keepInSight();
    this.draw();
  }

  fit() {
    this.scale = this.fitScale;
    this.x = (this.viewWidth - this.width * this.scale) / 2;
    this.y = (this.viewHeight - this.height * this.scale) / 2;
    this.draw();
  }

  /* Zoom so that the photo's point under (x, y) stays there. */
  zoomAt(factor, x, y) {
    const wanted = Math.min(Math.max(this.scale * factor, this.fitScale), this.fitScale * TouchView.CLOSEST);
    const by = wanted / this.scale;
    this.scale = wanted;
    this.x = x - (x - this.x) * by;
    this.y = y - (y - this.y) * by;
    this.keepInSight();
    this.draw();
  }

  zoom(factor) {
    this.zoomAt(factor, this.viewWidth / 2, this.viewHeight / 2);
  }

  move(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.keepInSight();
    this.draw();
  }

  keepInSight() {
    const within = (at, size, view) => {
      if (size <= view - 2 * TouchView.ROOM) return (view - size) / 2;
      return Math.min(TouchView.ROOM, Math.max(view - size - TouchView.ROOM, at));
    };
    this.x = within(this.x, this.width * this.scale, this.viewWidth);
    this.y = within(this.y, this.height * this.scale, this.viewHeight);
  }

  /* From a place on the canvas (CSS px) to whole units of the photo. */
  units(x, y) {
    const limit = (value) => Math.round(Math.min(Math.max(value, -TouchView.UNITS), 2 * TouchView.UNITS));
    return [
      limit(((x - this.x) / this.scale / this.width) * TouchView.UNITS),
      limit(((y - this.y) / this.scale / this.height) * TouchView.UNITS),
    ];
  }

  radius(cssPixels) {
    const share = cssPixels / this.scale / Math.max(this.width, this.height);
    return Math.min(Math.max(Math.round(share * TouchView.UNITS), 1), TouchView.UNITS / 2);
  }

  show(mask) {
    this.mask = mask;
    const paint = this.cut.getContext("2d");
    paint.globalCompositeOperation = "copy";
    paint.drawImage(this.photo, 0, 0, this.width, this.height);
    paint.globalCompositeOperation = "destination-in";
    paint.imageSmoothingQuality = "high";
    paint.drawImage(mask, 0, 0, this.width, this.height);
    this.draw();
  }

  draw() {
    if (this.drawing) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0;
      this.paint();
    });
  }

  paint() {
    const paint = this.context;
    const { ratio, scale, x, y, width, height } = this;
    paint.setTransform(1, 0, 0, 1, 0, 0);
    paint.clearRect(0, 0, this.canvas.width, this.canvas.height);
    paint.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint.fillStyle = this.checks;
    paint.fillRect(x, y, width * scale, height * scale);
    paint.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * x, ratio * y);
    paint.imageSmoothingQuality = "high";
    if (!this.mask) {
      paint.globalAlpha = 1;
      paint.drawImage(this.photo, 0, 0, width, height);
    } else {
      if (!this.hideRemoved) {
        paint.globalAlpha = 0.3;
        paint.drawImage(this.photo, 0, 0, width, height);
      }
      paint.globalAlpha = 1;
      paint.shadowColor = "rgb(200 65 11 / 90%)";
      paint.shadowBlur = this.hideRemoved ? 0 : 5 * ratio;
      paint.drawImage(this.cut, 0, 0, width, height);
      paint.shadowBlur = 0;
      paint.shadowColor = "transparent";
    }
    this.paintStrokes(paint);
    this.paintBrush(paint);
  }

  paintStrokes(paint) {
    const { width, height } = this;
    const unit = Math.max(width, height) / TouchView.UNITS;
    paint.lineCap = paint.lineJoin = "round";
    paint.globalAlpha = 0.55;
    for (const stroke of this.pending) {
      const points = stroke.points;
      paint.strokeStyle = this.colours.getPropertyValue(stroke.keep ? "--touch-keep" : "--touch-drop");
      paint.lineWidth = 2 * stroke.radius * unit;
      paint.beginPath();
      paint.moveTo((points[0] / TouchView.UNITS) * width, (points[1] / TouchView.UNITS) * height);
      for (let at = 0; at < points.length; at += 2) {
        paint.lineTo((points[at] / TouchView.UNITS) * width, (points[at + 1] / TouchView.UNITS) * height);
      }
      paint.stroke();
    }
    paint.globalAlpha = 1;
  }

  /* The ring under a mouse or pen: {x, y, size} in CSS pixels, or null. */
  paintBrush(paint) {
    if (!this.brush) return;
    paint.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    for (const [colour, width] of [["rgb(0 0 0 / 65%)", 3.5], ["#ffffff", 1.5]]) {
      paint.strokeStyle = colour;
      paint.lineWidth = width;
      paint.beginPath();
      paint.arc(this.brush.x, this.brush.y, this.brush.size, 0, 2 * Math.PI);
      paint.stroke();
    }
  }
}
window.TouchView = TouchView;
