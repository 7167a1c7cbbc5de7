/**
 * Frames: schedules the drawing of points and overlay. A frame draws as many points as its time allows, the rest come
 * with the next; after a change of layout the points glide to their new places.
 */
const GLIDE_MS = 250;
const FRAME_MS = 40;
const FIRST_BUDGET = 120_000; // points
const LEAST_BUDGET = 20_000;

export class Frames {
  /**
   * `painter` has panels, scene, renderer, beforePaint() and paintOverlay(); isReady() is called before each frame,
   * and onGlide() and onPainted(milliseconds, isComplete) report back.
   */
  constructor(painter) {
    Object.assign(this, { painter, id: 0, budget: FIRST_BUDGET, glideFrom: null, overlayIsStale: false, closed: false });
  }

  schedule() {
    if (!this.closed) this.id ||= requestAnimationFrame((now) => this.draw(now));
  }

  scheduleOverlay() {
    this.overlayIsStale = true;
    this.schedule();
  }

  /** Lets the points glide from their old places, or moves them at once. */
  startGlide(hasOldPlaces) {
    const { scene, renderer } = this.painter;
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.glideFrom = hasOldPlaces && !isStill ? performance.now() : null;
    scene.progress = this.glideFrom === null ? 1 : 0;
    if (this.glideFrom === null) renderer.endGlide();
  }

  close() {
    this.closed = true;
    cancelAnimationFrame(this.id);
  }

  draw(now) {
    const { painter } = this;
    this.id = 0;
    if (!painter.isReady()) return;
    if (painter.scene.progress < 1) this.glide(now);
    painter.beforePaint();
    this.paintPoints();
    if (this.overlayIsStale) {
      this.overlayIsStale = false;
      painter.paintOverlay();
    }
    if (painter.scene.progress < 1 || painter.panels.some((panel) => panel.isStale)) this.schedule();
  }

  glide(now) {
    const { scene, renderer } = this.painter;
    const share = Math.min(1, (now - this.glideFrom) / GLIDE_MS);
    scene.progress = share * share * (3 - 2 * share);
    if (share >= 1) {
      scene.progress = 1;
      renderer.endGlide();
    }
    this.painter.onGlide();
  }

  paintPoints() {
    const { panels, scene, renderer } = this.painter;
    const waiting = panels.filter((panel) => panel.isStale);
    if (!waiting.length) return;
    const start = performance.now();
    const each = Math.ceil(this.budget / waiting.length);
    let painted = 0;
    for (const panel of waiting) {
      painted += renderer.paint(panel, scene.of(panel), each);
      panel.isStale = panel.drawn < renderer.total();
    }
    renderer.finish();
    const took = performance.now() - start;
    if (painted > LEAST_BUDGET / 2) this.adjustBudget(painted / took);
    this.painter.onPainted(took, scene.progress >= 1 && !waiting.some((panel) => panel.isStale));
  }

  adjustBudget(pointsPerMs) {
    this.budget = Math.max(LEAST_BUDGET, (this.budget + pointsPerMs * FRAME_MS) / 2);
  }
}
