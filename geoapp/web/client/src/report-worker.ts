/** Service worker of residents' forms: the form opens without a network. Nothing that was sent or received is kept. */

/// <reference lib="webworker" />
const worker = self as unknown as ServiceWorkerGlobalScope;
const CACHE = "report-forms-1";
const PATIENCE_MS = 4000;

worker.addEventListener("install", () => void worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  const form = request.mode === "navigate" && (url.pathname === "/report" || url.pathname.startsWith("/d/"));
  if (form) event.respondWith(newest(request));
  else if (url.pathname.startsWith("/static/")) event.respondWith(kept(request));
});

/** The network's answer when it comes soon, else the page as it was seen last. */
async function newest(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const patience = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("slow")), PATIENCE_MS));
  try {
    const answer = await Promise.race([fetch(request), patience]);
    if (answer.ok) await cache.put(request, answer.clone());
    return answer;
  } catch (error) {
    const before = await cache.match(request, { ignoreSearch: true });
    if (before) return before;
    return fetch(request);
  }
}

/** Files whose names carry their content never change. */
async function kept(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const before = await cache.match(request);
  if (before) return before;
  const answer = await fetch(request);
  if (answer.ok && /-[A-Z0-9]{8}\./.test(request.url)) await cache.put(request, answer.clone());
  return answer;
}
