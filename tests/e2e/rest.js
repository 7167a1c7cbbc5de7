// `unrest(ms)`: why the page has not been at rest for so long; empty if it has: the server has answered and its script
// has run, and nothing was typed, clicked, fetched or drawn meanwhile.
(() => {
    if (window.unrest) return;
    let latest = performance.now();
    let requests = 0;
    let isAnswered = true;
    const happen = () => (latest = performance.now());
    const finish = () => (requests--, happen());

    const sockets = new WeakSet();
    const listen = (socket) => {
        sockets.add(socket);
        for (const kind of ["message", "close"]) socket.addEventListener(kind, () => ((isAnswered = true), happen()));
    };
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (content) {
        if (!sockets.has(this)) listen(this);
        isAnswered = false;
        happen();
        return send.call(this, content);
    };

    const { fetch } = window;
    window.fetch = (...request) => (requests++, fetch(...request).finally(finish));
    const sendRequest = XMLHttpRequest.prototype.send;
    XMLHttpRequest.prototype.send = function (content) {
        requests++;
        this.addEventListener("loadend", finish);
        return sendRequest.call(this, content);
    };

    for (const kind of ["pointerdown", "pointerup", "keydown", "input", "change", "wheel"])
        window.addEventListener(kind, happen, { capture: true, passive: true });
    const everything = { subtree: true, childList: true, characterData: true, attributes: true };
    new MutationObserver(happen).observe(document, everything);

    window.unrest = (ms) => {
        const app = document.querySelector('[data-testid="stApp"]');
        const reasons = {
            "the script runs": app?.getAttribute("data-test-script-state") !== "notRunning",
            "the server has not answered": !isAnswered,
            "something is fetched": requests,
            "an element is awaited": document.querySelector('[data-testid="stSkeleton"]'),
            "something has just happened": performance.now() - latest < ms,
        };
        return Object.keys(reasons).filter((reason) => reasons[reason]).join(", ");
    };
})();
