// What goes on while somebody looks: the part of the page that says so is fetched anew.

const PAUSE = 2000;

async function renew(part) {
  const answer = await fetch(location.href, { headers: { "X-Requested-With": "live" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
  if (!fresh) {
    location.reload();
    return null;
  }
  if (!part.contains(document.activeElement)) {
    part.replaceWith(fresh);
    return fresh;
  }
  // Whoever has a button under the finger keeps it; only the figures move.
  for (const figures of ["progress", ".bar__figures"]) {
    part.querySelector(figures).replaceWith(fresh.querySelector(figures));
  }
  return part;
}

async function watch(part) {
  let shown = part;
  while (shown) {
    await new Promise((resume) => setTimeout(resume, PAUSE));
    try {
      shown = await renew(shown);
    } catch {
      // Without a line there is nothing to show; later there may be.
    }
  }
}

const part = document.querySelector("[data-live]");
if (part) watch(part);
