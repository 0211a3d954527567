// form[data-autosave="/url/"] is posted 800 ms after the last key. [data-autosave-status] says how it stands.
// Until the server has it the text is also kept in this browser, and tried again (2, 4, 8 ... 60 s, and on "online").
// The answer may carry {"saved": "14:02"}; 409 means somebody else saved: we stop and say so.
for (const form of document.querySelectorAll("form[data-autosave]")) {
  const words = document.body.dataset;
  const status = form.querySelector("[data-autosave-status]");
  const key = `draft:${form.dataset.autosave}`;
  let timer, running, wait = 2000, sending = false, again = false, stopped = false;

  const say = (text) => status && (status.textContent = text);
  const data = () => {
    const fields = new FormData(form);
    for (const [name, value] of [...fields]) if (value instanceof File) fields.delete(name);
    return fields;
  };
  const keep = () => {
    const fields = [...data()].filter(([name]) => name !== "csrfmiddlewaretoken");
    try { localStorage.setItem(key, JSON.stringify(fields)); } catch { /* private window or full: the server copy remains */ }
  };
  const forget = () => { try { localStorage.removeItem(key); } catch { /* as above */ } };
  const later = (milliseconds) => {
    clearTimeout(timer);
    timer = setTimeout(save, milliseconds);
  };

  async function save() {
    if (stopped) return;
    if (sending) return (again = true);
    sending = true;
    again = false;
    running = new AbortController();
    const tooLong = setTimeout(() => running.abort(), 10000);
    try {
      const answer = await fetch(form.dataset.autosave, {
        method: "POST",
        body: data(),
        headers: { Accept: "application/json", "X-Requested-With": "fetch" },
        redirect: "error",
        signal: running.signal,
      });
      if (answer.status === 409) {
        stopped = true;
        say(words.wordConflict);
      } else if (!answer.ok) {
        throw new Error(answer.status);
      } else {
        const told = answer.headers.get("content-type")?.includes("json") ? await answer.json() : {};
        const time = told.saved || new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
        say((words.wordSaved || "{time}").replace("{time}", time));
        form.dataset.clean = "yes";
        wait = 2000;
        if (!again) forget();
      }
    } catch {
      if (!stopped) {
        say(words.wordNotSaved);
        later(wait);
        wait = Math.min(wait * 2, 60000);
      }
    }
    clearTimeout(tooLong);
    sending = false;
    if (again) later(0);
  }

  form.addEventListener("input", (event) => {
    if (event.target.type === "file" || stopped) return;
    delete form.dataset.clean;
    keep();
    later(800);
  });
  window.addEventListener("online", () => timer && later(0));
  form.addEventListener("submit", () => {
    // The real thing is on its way: a save that arrives after it must not overwrite it.
    clearTimeout(timer);
    stopped = true;
    running?.abort();
    forget();
  });

  // Something typed here never reached the server: put it back.
  try {
    const kept = JSON.parse(localStorage.getItem(key) || "[]");
    for (const name of new Set(kept.map(([name]) => name))) {
      const values = kept.filter(([other]) => other === name).map(([, value]) => value);
      for (const control of form.elements) {
        if (control.name !== name || control.type === "file" || control.type === "hidden") continue;
        if (control.type === "radio" || control.type === "checkbox") control.checked = values.includes(control.value);
        else if (control.options) for (const option of control.options) option.selected = values.includes(option.value);
        else control.value = values[0];
      }
    }
    if (kept.length) {
      form.dispatchEvent(new Event("input", { bubbles: true }));
      say(words.wordRestored);
    }
  } catch { /* an unreadable copy is no copy */ }
}
