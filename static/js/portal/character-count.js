// textarea[data-count="600"]: says how many characters are left, in words from <body data-word-left="{n} characters left">.
// The line appears when less than a third is left; screen readers hear it after a pause, not at every key.
for (const control of document.querySelectorAll("[data-count]")) {
  const most = Number(control.dataset.count);
  const shown = document.createElement("p");
  const heard = document.createElement("p");
  shown.className = "char-count";
  shown.setAttribute("aria-hidden", "true");
  heard.className = "visually-hidden";
  heard.setAttribute("role", "status");
  control.after(shown, heard);
  let waiting;
  const tell = () => {
    // Browsers count a line break as one character, Django's forms as they get it: two.
    const left = most - control.value.replace(/\r?\n/g, "\r\n").length;
    const words = left < 0 ? document.body.dataset.wordOver : document.body.dataset.wordLeft;
    shown.textContent = left < most / 3 ? (words || "{n}").replace("{n}", Math.abs(left)) : "";
    shown.toggleAttribute("data-over", left < 0);
    clearTimeout(waiting);
    waiting = setTimeout(() => (heard.textContent = shown.textContent), 1000);
  };
  control.addEventListener("input", tell);
  tell();
}
