/**
 * The shaders, which run on the graphics card.
 */
export const POINT_VERTEX = `#version 300 es
in vec3 start;
in vec3 end;
in uint code;
uniform mat4 view;
uniform float progress;
uniform float size;
uniform float solid;
uniform float eyeDistance;
uniform sampler2D palette;
uniform vec3 background;
uniform float fading;
uniform float opacity;
out vec4 colour;
out float diameter;
flat out int shape;
void main() {
  gl_Position = view * vec4(mix(start, end, progress), 1.0);
  float near = mix(1.0, eyeDistance / max(gl_Position.w, 1e-3), solid);
  diameter = clamp(size * near, 1.0, 48.0);
  gl_PointSize = diameter;
  vec4 entry = texelFetch(palette, ivec2(int(code), 0), 0);
  vec3 own = entry.rgb;
  shape = int(entry.a * 255.0 + 0.5);
  float haze = solid * clamp((1.0 - near) * 0.9, 0.0, 0.55);
  colour = vec4(mix(own, background, max(fading, haze)), opacity);
}`;

export const POINT_FRAGMENT = `#version 300 es
precision mediump float;
in vec4 colour;
in float diameter;
flat in int shape;
out vec4 seen;
// How far a place, -1 to 1, is outside the edge: of a circle, a square, a triangle or a diamond, as in shapes.js.
float outside(vec2 at) {
  if (shape == 1) return max(abs(at.x), abs(at.y)) - 0.86;
  if (shape == 2) return max(at.y - 0.12, 0.866 * abs(at.x) - 0.5 * (at.y - 0.12)) - 0.54;
  if (shape == 3) return (abs(at.x) + abs(at.y) - 1.0) * 0.7071;
  return length(at) - 1.0;
}
void main() {
  float alpha = colour.a;
  if (diameter > 2.5) {
    float rim = outside(2.0 * gl_PointCoord - 1.0) * 0.5 * diameter;
    alpha *= clamp(0.25 - rim, 0.0, 1.0);
    if (alpha < 0.02) discard;
  }
  seen = vec4(colour.rgb * alpha, alpha);
}`;

export const CLOUD_VERTEX = `#version 300 es
in vec2 corner;
uniform mat4 view;
out vec2 place;
void main() {
  place = corner * 0.5 + 0.5;
  gl_Position = view * vec4(corner, 0.0, 1.0);
}`;

export const CLOUD_FRAGMENT = `#version 300 es
precision mediump float;
in vec2 place;
uniform sampler2D density;
uniform vec3 ink;
out vec4 seen;
void main() {
  float alpha = texture(density, place).r * 0.4;
  seen = vec4(ink * alpha, alpha);
}`;

/** Compiles and links a program, and finds its uniforms. */
export function program(gl, vertex, fragment) {
  const handle = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(handle, shader);
  }
  gl.linkProgram(handle);
  if (!gl.getProgramParameter(handle, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(gl.getProgramInfoLog(handle));
  }
  const uniforms = {};
  for (let i = 0; i < gl.getProgramParameter(handle, gl.ACTIVE_UNIFORMS); i++) {
    const { name } = gl.getActiveUniform(handle, i);
    uniforms[name] = gl.getUniformLocation(handle, name);
  }
  return { handle, uniforms, attribute: (name) => gl.getAttribLocation(handle, name) };
}
