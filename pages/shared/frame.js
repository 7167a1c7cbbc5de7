// What the frame does in the browser, once per tab: Back undoes a choice; in present mode charts fill the window, and
// keys change charts and pages.

if (!window.embedscopeFrame) {
  window.embedscopeFrame = true;
  pushChoices();
  pushNothingElse();
  fitCharts();
  shareColourScheme();
  document.addEventListener("keydown", present);
  document.addEventListener("click", guide, true); // before the click takes the guide off the page
  hideGuide();
}

// Streamlit replaces the address when a control that is bound to it changes, but follows Back and Forward to any
// entry of the history: so each choice becomes an entry. What is typed, or chosen again at once, shares one.
function pushChoices() {
  const SAME_CHOICE_MS = 1500;
  const replace = history.replaceState.bind(history);
  let last = { name: "", at: 0 };

  history.replaceState = (state, unused, url) => {
    const name = choice(url);
    const isNew = name && (name !== last.name || performance.now() - last.at > SAME_CHOICE_MS);
    if (name) last = { name, at: performance.now() };
    if (isNew) history.pushState(state, unused, url);
    else replace(state, unused, url);
  };
}

// Streamlit adds an entry for each parameter that the server writes. One click makes one entry, however many it sets.
// Those of a page that was just opened are no choice: they belong to the entry of the page, which comes after the first
// of them.
function pushNothingElse() {
  const push = history.pushState.bind(history);
  let [isLeaving, isChoice] = [false, true];

  for (const kind of ["pointerdown", "keydown"]) {
    addEventListener(kind, () => ([isLeaving, isChoice] = [false, true]), true);
  }
  addEventListener(
    "click",
    (event) => {
      const link = event.target.closest?.("a[href]");
      isChoice = true; // a screen reader's click has no pointer
      isLeaving = link?.origin === location.origin && link.pathname !== location.pathname;
    },
    true,
  );
  history.pushState = (state, unused, url) => {
    const isSamePage = new URL(url ?? "", location.href).pathname === location.pathname;
    if (!isSamePage) [isLeaving, isChoice] = [false, false];
    if (!isSamePage) push(state, unused, url);
    else if (isChoice && !isLeaving) {
      isChoice = false;
      push(state, unused, url);
    } else if (!isLeaving) History.prototype.replaceState.call(history, state, unused, url);
  };
}

// The one parameter in which a whole address differs from the current one; empty if it is no choice of a control.
function choice(url) {
  if (typeof url !== "string" || !url.startsWith(location.origin)) return "";
  const [now, next] = [new URL(location.href), new URL(url)];
  if (now.pathname !== next.pathname) return "";
  const names = new Set([...now.searchParams.keys(), ...next.searchParams.keys()]);
  const changed = [...names].filter(
    (name) => String(now.searchParams.getAll(name)) !== String(next.searchParams.getAll(name)),
  );
  return changed.length === 1 ? changed[0] : "";
}

function isPresenting() {
  return new URLSearchParams(location.search).get("present") === "true";
}

// What is presented on a page, from top to bottom.
function presented() {
  return [...document.querySelectorAll('[class*="st-key-presented"], .st-key-map')];
}

// A chart in present mode, or the map, takes the height of the window that is left below the answer, which the style
// sheet cannot know.
function fitCharts() {
  let frame = 0;
  const measure = () => {
    frame = 0;
    const [first] = presented();
    if (!first) return;
    const above = first.getBoundingClientRect().top + first.closest('[data-testid="stMain"]').scrollTop;
    document.documentElement.style.setProperty("--above", `${Math.round(above)}px`);
  };
  const ask = () => (frame ||= requestAnimationFrame(measure));
  new MutationObserver(ask).observe(document.body, { childList: true, subtree: true });
  addEventListener("resize", ask);
}

// Popovers and dialogs stand outside the app's element, and would miss whether its theme is light or dark.
function shareColourScheme() {
  const app = document.querySelector('[data-testid="stApp"]');
  const share = () => (document.documentElement.style.colorScheme = getComputedStyle(app).colorScheme);
  new MutationObserver(share).observe(app, { attributeFilter: ["class"] });
  share();
}

function goToChart(step) {
  const NEAR = 120; // pixels below the window's upper edge, where the chart before has been scrolled to
  const charts = presented();
  const tops = charts.map((chart) => chart.getBoundingClientRect().top);
  const next = step > 0 ? tops.findIndex((top, place) => place && top > NEAR) : tops.findLastIndex((top) => top < 0);
  if (next > 0) charts[next].parentElement.scrollIntoView({ block: "start" });
  else if (step < 0) document.querySelector('[data-testid="stMain"]').scrollTo({ top: 0 });
}

function present(event) {
  const isTyping = event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable=true]");
  if (!isPresenting() || isTyping || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const ways = {
    PageUp: ".st-key-previous_page a",
    ArrowLeft: ".st-key-previous_page a",
    PageDown: ".st-key-next_page a",
    ArrowRight: ".st-key-next_page a",
    Escape: ".st-key-leave_present button",
  };
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    goToChart(step);
  }
  const way = ways[event.key] && document.querySelector(ways[event.key]);
  if (!way) return;
  event.preventDefault();
  way.click();
}

// The steps of the first visit lead to the table of models, below the navigation, and open the popover of
// the texts. Once they are dismissed, this browser shows them no more.
function guide(event) {
  if (event.target.closest?.(".st-key-guided_to_models")) {
    const table = document.querySelector(".st-key-models_table");
    table.style.scrollMarginTop = `${document.querySelector('[data-testid="stHeader"]').offsetHeight + 8}px`;
    table.scrollIntoView({ block: "start" });
  } else if (event.target.closest?.(".st-key-guided_to_texts")) {
    setTimeout(() => document.querySelector(".st-key-corpus_popover button")?.click());
  } else if (event.target.closest?.(".st-key-dismiss_guide")) {
    remember("guide", "dismissed");
  }
}

function hideGuide() {
  if (recall("guide") !== "dismissed") return;
  const style = document.createElement("style");
  style.textContent = '[data-testid="stLayoutWrapper"]:has(> .st-key-guide) { display: none }';
  document.head.append(style);
}

// A browser may forbid pages to store anything.
function remember(name, value) {
  try {
    localStorage.setItem(`embedscope-${name}`, value);
  } catch {}
}

function recall(name) {
  try {
    return localStorage.getItem(`embedscope-${name}`);
  } catch {
    return null;
  }
}
