// form[data-confirm-leave]: the browser asks before unsaved text is lost.
let sending = false;
for (const form of document.querySelectorAll("form[data-confirm-leave]")) {
  form.addEventListener("input", () => (form.dataset.changed = "yes"));
}
document.addEventListener("submit", (event) => (sending = !event.defaultPrevented));
window.addEventListener("beforeunload", (event) => {
  if (sending) return;
  const open = [...document.querySelectorAll("form[data-changed]")].some((form) => !form.dataset.clean);
  if (open) event.preventDefault();
});
