// input[data-suggest-url="/url/"] asks while typing (300 ms after the last key, from three letters on) and puts the HTML
// it gets into #[data-suggest-into], a region with aria-live="polite". Later answers win over earlier ones. Arrow keys go
// through its links and back; Escape puts it away.
for (const input of document.querySelectorAll("[data-suggest-url]")) {
  const region = document.getElementById(input.dataset.suggestInto);
  if (!region) continue;
  let timer, running;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      running?.abort();
      const text = input.value.trim();
      if (text.length < 3) return region.replaceChildren();
      running = new AbortController();
      const url = new URL(input.dataset.suggestUrl, location.href);
      url.searchParams.set("q", text.slice(0, 300));
      try {
        const answer = await fetch(url, { signal: running.signal, redirect: "error", headers: { "X-Requested-With": "fetch" } });
        if (answer.ok) region.innerHTML = await answer.text();
      } catch { /* a suggestion that does not come is no error */ }
    }, 300);
  });
  for (const place of [input, region]) {
    place.addEventListener("keydown", (event) => {
      const links = [...region.querySelectorAll("a")];
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!links[0] || event.isComposing || !(step || event.key === "Escape")) return;
      event.preventDefault();
      if (!step) region.replaceChildren();
      (links[links.indexOf(document.activeElement) + step] ?? (step > 0 ? links.at(-1) : input)).focus();
    });
  }
}
