// [data-read] names where a reading is counted, without the person: once a day for each browser, when a page has been
// looked at for fifteen seconds.
const read = document.querySelector("[data-read]");
const token = document.querySelector("[name=csrfmiddlewaretoken]");
const today = new Date().toDateString();
let seconds = 0;
const once = () => {
  try {
    if (localStorage.getItem(read.dataset.read) === today) return false;
    localStorage.setItem(read.dataset.read, today);
  } catch { /* private window: counted each time */ }
  return true;
};
const clock = read && token && setInterval(() => {
  if (document.visibilityState !== "visible" || ++seconds < 15) return;
  clearInterval(clock);
  if (once()) fetch(read.dataset.read, { method: "POST", headers: { "X-CSRFToken": token.value }, keepalive: true });
}, 1000);
