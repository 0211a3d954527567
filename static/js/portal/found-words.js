// [data-found] lists what a search found, its words in <mark>. Where a link in it leads, the same words are marked: in the
// part the address names, else in the whole text. Without JavaScript the part alone is. That one was opened is counted.
for (const list of document.querySelectorAll("[data-found]")) {
  list.addEventListener("click", ({ target }) => {
    const link = target.closest("a");
    const words = [...list.querySelectorAll("mark")].map((mark) => mark.textContent);
    if (!link) return;
    const form = new FormData();
    form.set("q", list.dataset.found);
    form.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]")?.value);
    navigator.sendBeacon("/search/opened/", form);
    sessionStorage.setItem("found", JSON.stringify([link.pathname, ...new Set(words)]));
  });
}
const [path, ...words] = JSON.parse(sessionStorage.getItem("found") ?? "[]");
if (path === location.pathname && words[0]) {
  sessionStorage.removeItem("found");
  const any = words.sort((a, b) => b.length - a.length).map((word) => word.replace(/[^\p{L}\p{N}]/gu, "."));
  // Scripts written without spaces have no word ends.
  const wanted = RegExp(`(?<!\\p{sc=Latin})(${any.join("|")})(?!\\p{sc=Latin})`, "giu");
  const part = document.getElementById(location.hash.slice(1)) ?? document.querySelector("main .prose, main");
  const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) {
    for (const { index, 0: word } of [...text.data.matchAll(wanted)].reverse()) {
      const range = new Range();
      range.setStart(text, index);
      range.setEnd(text, index + word.length);
      range.surroundContents(document.createElement("mark"));
    }
  }
}
