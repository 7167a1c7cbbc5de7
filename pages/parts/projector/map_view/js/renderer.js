/**
 * The renderer: draws points with WebGL2, panel by panel on one canvas, in pieces that keep the screen responsive.
 */
import { CELLS, countCells, density } from "./density.js";
import { isSolid } from "./panels.js";
import { FADED_SHARE, HIGHLIGHT_GROWTH, fadedOpacity } from "./point-style.js";
import { CLOUD_FRAGMENT, CLOUD_VERTEX, POINT_FRAGMENT, POINT_VERTEX, program } from "./shaders.js";

const CLOUD_FROM = 150_000; // from this many points a density cloud is also drawn

export class PointRenderer {
  constructor(canvas) {
    this.canvas = canvas;
    this.gl = canvas.getContext("webgl2", {
      alpha: false,
      antialias: false,
      preserveDrawingBuffer: true,
      powerPreference: "high-performance",
    });
    if (this.gl) this.prepare();
  }

  prepare() {
    const { gl } = this;
    this.points = program(gl, POINT_VERTEX, POINT_FRAGMENT);
    this.cloud = program(gl, CLOUD_VERTEX, CLOUD_FRAGMENT);
    this.corners = this.upload(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]));
    this.codes = gl.createBuffer();
    this.shown = { buffer: gl.createBuffer(), count: null }; // null: all, without a list
    this.highlight = { buffer: gl.createBuffer(), count: 0 };
    this.paletteTexture = this.texture(gl.NEAREST);
    this.maps = [];
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.enable(gl.SCISSOR_TEST);
    gl.depthFunc(gl.LEQUAL);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  }

  upload(kind, values, buffer = this.gl.createBuffer()) {
    this.gl.bindBuffer(kind, buffer);
    this.gl.bufferData(kind, values, this.gl.STATIC_DRAW);
    return buffer;
  }

  texture(filter) {
    const { gl } = this;
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, side, filter);
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
    return texture;
  }

  /** Sets the maps' places; `previous` are those they glide from, if they are of the same rows. */
  setPoints(points, previous) {
    const { gl } = this;
    for (const map of this.maps) this.release(map);
    this.count = points.count;
    this.maps = points.maps.map((map, index) => {
      const end = this.upload(gl.ARRAY_BUFFER, map.places);
      const from = previous?.maps[index];
      return {
        end,
        start: from ? this.upload(gl.ARRAY_BUFFER, from.places) : end,
        density: this.densityOf(map, points.count),
      };
    });
  }

  endGlide() {
    for (const map of this.maps) {
      if (map.start !== map.end) this.gl.deleteBuffer(map.start);
      map.start = map.end;
    }
  }

  release(map) {
    if (map.start !== map.end) this.gl.deleteBuffer(map.start);
    this.gl.deleteBuffer(map.end);
    if (map.density) this.gl.deleteTexture(map.density);
  }

  setCodes(codes) {
    this.upload(this.gl.ARRAY_BUFFER, codes, this.codes);
  }

  /** Sets the colour of each code and its shape, which takes the place of an opacity. */
  setPalette(palette, shapes) {
    const { gl } = this;
    gl.bindTexture(gl.TEXTURE_2D, this.paletteTexture);
    const pixels = new Uint8Array(palette.flatMap((colour, code) => [...colour.map(Math.round), shapes[code]]));
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  }

  /** Sets the slots of `shown` or of `highlight`; null: all. */
  setList(list, slots) {
    list.count = slots ? slots.length : null;
    if (slots) this.upload(this.gl.ELEMENT_ARRAY_BUFFER, slots, list.buffer);
  }

  // Of the whole map, if only some of its points are drawn; of those that are drawn, if they are many.
  densityOf(map, count) {
    if (map.counts) return this.densityTexture(map.counts);
    return map.dimensions === 2 && count >= CLOUD_FROM ? this.densityTexture(countCells(map.places)) : null;
  }

  densityTexture(counts) {
    const { gl } = this;
    const texture = this.texture(gl.LINEAR);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, CELLS, CELLS, 0, gl.RED, gl.UNSIGNED_BYTE, density(counts));
    return texture;
  }

  resize(width, height, ratio) {
    this.ratio = ratio;
    this.height = height;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
  }

  /** The number of points in a panel's picture: the highlight is drawn again above the others. */
  total() {
    return this.others() + this.highlight.count;
  }

  others() {
    return this.shown.count ?? this.count;
  }

  /** Draws the panel's next points, at most `most`, and returns how many; `panel.drawn` counts the points so far. */
  paint(panel, scene, most) {
    const { gl } = this;
    const map = this.maps[panel.map];
    const view = new Float32Array(panel.camera.matrix(panel));
    this.aim(panel);
    if (panel.drawn === 0) this.clear(map, scene, view);
    this.usePoints(panel, map, scene, view);
    const others = Math.min(most, this.others() - panel.drawn);
    if (others <= 0) return this.paintHighlight(panel, scene, most);
    gl.uniform1f(this.points.uniforms.fading, scene.isFaded ? FADED_SHARE : 0);
    gl.uniform1f(this.points.uniforms.opacity, scene.isFaded ? fadedOpacity(scene.opacity) : scene.opacity);
    this.drawList(this.shown, panel.drawn, others);
    panel.drawn += others;
    const foretaste = { drawn: this.others() }; // later points cover some of it
    return others + this.paintHighlight(foretaste, scene, Math.ceil(most / 4));
  }

  paintHighlight(panel, scene, most) {
    const { gl } = this;
    const start = panel.drawn - this.others();
    const piece = Math.min(most, this.highlight.count - start);
    if (piece <= 0) return 0;
    if (start === 0) gl.clear(gl.DEPTH_BUFFER_BIT); // the highlight is never behind faded points
    gl.uniform1f(this.points.uniforms.fading, 0);
    gl.uniform1f(this.points.uniforms.opacity, scene.highlightOpacity);
    gl.uniform1f(this.points.uniforms.size, scene.size * this.ratio * HIGHLIGHT_GROWTH);
    this.drawList(this.highlight, start, piece);
    panel.drawn += piece;
    return piece;
  }

  aim({ x, y, width, height }) {
    const box = [x, this.height - y - height, width, height].map((value) => Math.round(value * this.ratio));
    this.gl.viewport(...box);
    this.gl.scissor(...box);
  }

  clear(map, scene, view) {
    const { gl } = this;
    gl.clearColor(...scene.theme.background.map((value) => value / 255), 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    if (!map.density || this.shown.count !== null) return;
    gl.disable(gl.DEPTH_TEST);
    gl.useProgram(this.cloud.handle);
    gl.bindTexture(gl.TEXTURE_2D, map.density);
    gl.uniformMatrix4fv(this.cloud.uniforms.view, false, view);
    gl.uniform3fv(this.cloud.uniforms.ink, scene.theme.text.map((value) => value / 255));
    this.attribute(this.cloud.attribute("corner"), this.corners, 2);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    gl.disableVertexAttribArray(this.cloud.attribute("corner"));
  }

  usePoints(panel, map, scene, view) {
    const { gl } = this;
    const { handle, uniforms, attribute } = this.points;
    const solid = isSolid(panel);
    if (solid) gl.enable(gl.DEPTH_TEST);
    else gl.disable(gl.DEPTH_TEST);
    gl.useProgram(handle);
    gl.bindTexture(gl.TEXTURE_2D, this.paletteTexture);
    gl.uniformMatrix4fv(uniforms.view, false, view);
    gl.uniform1f(uniforms.progress, scene.progress);
    gl.uniform1f(uniforms.size, scene.size * this.ratio);
    gl.uniform1f(uniforms.solid, solid ? 1 : 0);
    gl.uniform1f(uniforms.eyeDistance, solid ? panel.camera.distance : 1);
    gl.uniform3fv(uniforms.background, scene.theme.background.map((value) => value / 255));
    this.attribute(attribute("start"), map.start, 3);
    this.attribute(attribute("end"), map.end, 3);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.codes);
    gl.enableVertexAttribArray(attribute("code"));
    gl.vertexAttribIPointer(attribute("code"), 1, gl.UNSIGNED_BYTE, 0, 0);
  }

  attribute(location, buffer, size) {
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, buffer);
    this.gl.enableVertexAttribArray(location);
    this.gl.vertexAttribPointer(location, size, this.gl.FLOAT, false, 0, 0);
  }

  drawList(list, start, count) {
    const { gl } = this;
    if (!count) return;
    if (list.count === null) {
      gl.drawArrays(gl.POINTS, start, count);
    } else {
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, list.buffer);
      gl.drawElements(gl.POINTS, count, gl.UNSIGNED_INT, 4 * start);
    }
  }

  /** Waits until everything is drawn, so that the time of a frame is exact. */
  finish() {
    this.gl.readPixels(0, 0, 1, 1, this.gl.RGBA, this.gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  close() {
    this.gl?.getExtension("WEBGL_lose_context")?.loseContext();
  }
}
