// The painter draws points by WebGL2, panel by panel on one canvas, in as many pieces as keep the screen answering.
const CLOUD_FROM = 150_000; // so many points are also drawn as a cloud of their density
const CLOUD_CELLS = 256;
const LIT_GROWTH = 1.25;
const FADED = { share: 0.5, opacity: 0.36 };

class Painter {
  constructor(canvas) {
    this.canvas = canvas;
    const wanted = { alpha: false, antialias: false, preserveDrawingBuffer: true, powerPreference: "high-performance" };
    this.gl = canvas.getContext("webgl2", wanted);
    if (this.gl) this.prepare();
  }

  prepare() {
    const { gl } = this;
    this.points = program(gl, POINT_VERTEX, POINT_FRAGMENT);
    this.cloud = program(gl, CLOUD_VERTEX, CLOUD_FRAGMENT);
    this.corners = this.filled(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]));
    this.codes = gl.createBuffer();
    this.shown = { buffer: gl.createBuffer(), count: null }; // null: all, without a list
    this.lit = { buffer: gl.createBuffer(), count: 0 };
    this.paletteTexture = this.texture(gl.NEAREST);
    this.maps = [];
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.enable(gl.SCISSOR_TEST);
    gl.depthFunc(gl.LEQUAL);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  }

  filled(kind, values, buffer = this.gl.createBuffer()) {
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

  // The maps' places; `previous` are those they glide from, where they are of the same rows.
  setPoints(points, previous) {
    const { gl } = this;
    for (const map of this.maps) this.release(map);
    this.count = points.count;
    this.maps = points.maps.map((map, index) => {
      const end = this.filled(gl.ARRAY_BUFFER, map.places);
      const from = previous?.maps[index];
      return {
        end,
        start: from ? this.filled(gl.ARRAY_BUFFER, from.places) : end,
        density: map.dimensions === 2 && points.count >= CLOUD_FROM ? this.densityTexture(map.places) : null,
      };
    });
  }

  arrive() {
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
    this.filled(this.gl.ARRAY_BUFFER, codes, this.codes);
  }

  setPalette(palette) {
    const { gl } = this;
    gl.bindTexture(gl.TEXTURE_2D, this.paletteTexture);
    const pixels = new Uint8Array(palette.flatMap((colour) => [...colour.map(Math.round), 255]));
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  }

  setList(list, slots) {
    list.count = slots ? slots.length : null;
    if (slots) this.filled(this.gl.ELEMENT_ARRAY_BUFFER, slots, list.buffer);
  }

  densityTexture(places) {
    const { gl } = this;
    const texture = this.texture(gl.LINEAR);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, CLOUD_CELLS, CLOUD_CELLS, 0, gl.RED, gl.UNSIGNED_BYTE, density(places));
    return texture;
  }

  resize(width, height, ratio) {
    this.ratio = ratio;
    this.height = height;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
  }

  // How many points a panel's picture takes: what is lit is drawn once more, above the others.
  total() {
    return this.others() + this.lit.count;
  }

  others() {
    return this.shown.count ?? this.count;
  }

  // Draws the panel's next points, `most` at the most, and returns how many; `drawn` counts how far the panel has come.
  paint(panel, scene, most) {
    const { gl } = this;
    const map = this.maps[panel.map];
    const view = new Float32Array(panel.camera.matrix(panel));
    this.aim(panel);
    if (panel.drawn === 0) this.clear(map, scene, view);
    this.usePoints(panel, map, scene, view);
    const others = Math.min(most, this.others() - panel.drawn);
    if (others <= 0) return this.paintLit(panel, scene, most);
    gl.uniform1f(this.points.uniforms.fading, scene.faded ? FADED.share : 0);
    gl.uniform1f(this.points.uniforms.opacity, scene.opacity * (scene.faded ? FADED.opacity : 1));
    this.drawList(this.shown, panel.drawn, others);
    panel.drawn += others;
    const foretaste = { drawn: this.others() }; // what comes next covers some of it
    return others + this.paintLit(foretaste, scene, Math.ceil(most / 4));
  }

  paintLit(panel, scene, most) {
    const { gl } = this;
    const start = panel.drawn - this.others();
    const piece = Math.min(most, this.lit.count - start);
    if (piece <= 0) return 0;
    if (start === 0) gl.clear(gl.DEPTH_BUFFER_BIT); // what is lit is never behind what is faded
    gl.uniform1f(this.points.uniforms.fading, 0);
    gl.uniform1f(this.points.uniforms.opacity, scene.litOpacity);
    gl.uniform1f(this.points.uniforms.size, scene.size * this.ratio * LIT_GROWTH);
    this.drawList(this.lit, start, piece);
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
    gl.clearColor(...scene.ground.map((value) => value / 255), 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    if (!map.density || this.shown.count !== null) return;
    gl.disable(gl.DEPTH_TEST);
    gl.useProgram(this.cloud.made);
    gl.bindTexture(gl.TEXTURE_2D, map.density);
    gl.uniformMatrix4fv(this.cloud.uniforms.view, false, view);
    gl.uniform3fv(this.cloud.uniforms.ink, scene.ink.map((value) => value / 255));
    this.attribute(this.cloud.place("corner"), this.corners, 2);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    gl.disableVertexAttribArray(this.cloud.place("corner"));
  }

  usePoints(panel, map, scene, view) {
    const { gl } = this;
    const { made, uniforms, place } = this.points;
    const solid = panel.camera instanceof OrbitCamera;
    if (solid) gl.enable(gl.DEPTH_TEST);
    else gl.disable(gl.DEPTH_TEST);
    gl.useProgram(made);
    gl.bindTexture(gl.TEXTURE_2D, this.paletteTexture);
    gl.uniformMatrix4fv(uniforms.view, false, view);
    gl.uniform1f(uniforms.progress, scene.progress);
    gl.uniform1f(uniforms.size, scene.size * this.ratio);
    gl.uniform1f(uniforms.solid, solid ? 1 : 0);
    gl.uniform1f(uniforms.distance_, solid ? panel.camera.distance : 1);
    gl.uniform3fv(uniforms.ground, scene.ground.map((value) => value / 255));
    this.attribute(place("start"), map.start, 3);
    this.attribute(place("end"), map.end, 3);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.codes);
    gl.enableVertexAttribArray(place("code"));
    gl.vertexAttribIPointer(place("code"), 1, gl.UNSIGNED_BYTE, 0, 0);
  }

  attribute(place, buffer, size) {
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, buffer);
    this.gl.enableVertexAttribArray(place);
    this.gl.vertexAttribPointer(place, size, this.gl.FLOAT, false, 0, 0);
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

  // Waits until all is drawn: the time a frame took is then the truth.
  finish() {
    this.gl.readPixels(0, 0, 1, 1, this.gl.RGBA, this.gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  close() {
    this.gl?.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

// How many points fall into each cell, smoothed and on a logarithmic scale, 0 to 255.
function density(places) {
  const counts = new Float32Array(CLOUD_CELLS * CLOUD_CELLS);
  const cell = (value) => Math.min(CLOUD_CELLS - 1, Math.floor(((value + 1) / 2) * CLOUD_CELLS));
  for (let i = 0; i < places.length; i += 3) {
    if (places[i] <= 1) counts[cell(places[i + 1]) * CLOUD_CELLS + cell(places[i])] += 1;
  }
  const smooth = smoothed(smoothed(counts, 1), CLOUD_CELLS);
  const most = Math.log1p(smooth.reduce((one, other) => Math.max(one, other), 0)) || 1;
  return Uint8Array.from(smooth, (count) => (255 * Math.log1p(count)) / most);
}

function smoothed(values, step) {
  return values.map((value, i) => (value * 2 + (values[i - step] ?? 0) + (values[i + step] ?? 0)) / 4);
}
