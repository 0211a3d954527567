// textarea[data-preview-url="/url/"] shows what readers will see in #[data-preview-into], 400 ms after the last key.
// The server renders and cleans the text; the form's own token goes along.
for (const area of document.querySelectorAll("textarea[data-preview-url]")) {
  const place = document.getElementById(area.dataset.previewInto);
  if (!place) continue;
  let timer, running;
  const show = async () => {
    running?.abort();
    running = new AbortController();
    const body = new FormData();
    body.set("text", area.value);
    body.set("csrfmiddlewaretoken", area.form.elements.csrfmiddlewaretoken?.value || "");
    try {
      const answer = await fetch(area.dataset.previewUrl, { method: "POST", body, signal: running.signal, redirect: "error" });
      if (answer.ok) place.innerHTML = await answer.text();
    } catch { /* the next key tries again */ }
  };
  area.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, 400);
  });
  if (area.value) show();
}
