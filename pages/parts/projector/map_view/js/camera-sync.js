/**
 * Syncs the cameras' states: to the server once the user pauses, and from a link or the server.
 */
import { restoreCamera } from "./cameras.js";

const REST_MS = 800;
const REMEMBERED = 8;

export class CameraSync {
  /** `send(state)` takes the state of all panels' cameras. */
  constructor(send) {
    Object.assign(this, { send, sent: [], restored: "", timer: 0 });
  }

  /** The user has moved a camera. */
  schedule(points, panels) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.report(points, panels), REST_MS);
  }

  report(points, panels) {
    const state = { points: points.id, maps: panels.map((panel) => panel.camera.state()) };
    this.sent = [...this.sent.slice(-REMEMBERED), JSON.stringify(state)];
    this.send(state);
  }

  /**
   * Restores a state for these points, and calls `onRestore(panel, isRestored)` for each panel. A state that was sent
   * from here, or restored before, is ignored.
   */
  restore(state, points, panels, onRestore) {
    const written = JSON.stringify(state);
    if (!state || state.points !== points.id || written === this.restored) return;
    this.restored = written;
    if (this.sent.includes(written)) return;
    panels.forEach((panel, index) => onRestore(panel, restoreCamera(panel.camera, state.maps?.[index])));
  }

  close() {
    clearTimeout(this.timer);
  }
}
