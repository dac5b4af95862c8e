// Draws the diagrams, and keeps the page as new as the stand-in: a change makes it fetch itself again and swap only the
// parts that differ, so that what is being typed and what was unfolded stay as they are.

const sources = new Map();

mermaid.initialize({
  startOnLoad: false,
  securityLevel: "strict",
  theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "default",
});

async function drawDiagrams(root) {
  let number = sources.size;
  for (const block of root.querySelectorAll("pre.mermaid-source")) {
    const figure = document.createElement("figure");
    figure.className = "mermaid";
    try {
      const { svg } = await mermaid.render(`diagram-${Date.now()}-${number++}`, block.textContent);
      figure.innerHTML = svg;
      block.replaceWith(figure);
    } catch (error) {
      block.classList.add("broken");
      block.title = String(error);
    }
  }
}

function remember(root) {
  for (const part of root.querySelectorAll("[data-live]")) sources.set(part.dataset.live, part.outerHTML);
}

function unfoldedIn(part) {
  return [...part.querySelectorAll("details")].map((details) => details.open);
}

async function swap(part, fresh) {
  const wasOpen = unfoldedIn(part);
  const inside = [...fresh.querySelectorAll("details")];
  wasOpen.forEach((open, at) => {
    if (inside[at] && open) inside[at].open = true;
  });
  await drawDiagrams(fresh);
  part.replaceWith(fresh);
}

function insert(fresh) {
  const before = fresh.previousElementSibling?.dataset?.live;
  const anchor = before && document.querySelector(`[data-live="${CSS.escape(before)}"]`);
  const copy = document.importNode(fresh, true);
  if (anchor) anchor.after(copy);
  return copy;
}

async function refresh() {
  const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  const parts = [...next.querySelectorAll("[data-live]")];
  const names = new Set(parts.map((part) => part.dataset.live));
  for (const part of document.querySelectorAll("[data-live]")) if (!names.has(part.dataset.live)) part.remove();
  for (const part of parts) {
    const name = part.dataset.live;
    const shown = document.querySelector(`[data-live="${CSS.escape(name)}"]`);
    if (shown && sources.get(name) === part.outerHTML) continue;
    sources.set(name, part.outerHTML);
    if (shown) await swap(shown, document.importNode(part, true));
    else await drawDiagrams(insert(part));
  }
}

let isFetching = false;
let isStale = false;

async function refreshSoon() {
  isStale = true;
  if (isFetching) return;
  isFetching = true;
  while (isStale) {
    isStale = false;
    await refresh().catch(() => {
      // The stand-in is gone or restarting: the stream reconnects by itself and the next change is seen.
    });
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  isFetching = false;
}

remember(document);
drawDiagrams(document).finally(() => document.documentElement.setAttribute("data-ready", "true"));

const main = document.querySelector("main");
if (main?.dataset.repository !== undefined) {
  const events = new EventSource(`/_/events?repository=${encodeURIComponent(main.dataset.repository)}`);
  events.addEventListener("change", refreshSoon);
}
