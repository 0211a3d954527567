// [data-ticks="key"] holds .steps lists: each box becomes a checkbox whose tick is kept in this browser, with a sentence
// saying so (data-word-ticks) and a button that clears them all (data-word-clear). Without JavaScript the boxes are
// for paper.
for (const text of document.querySelectorAll("[data-ticks]")) {
  const lists = [...text.querySelectorAll(".steps")];
  if (!lists.length) continue;
  const name = `ticks:${text.dataset.ticks}`;
  let ticked = new Set();
  try { ticked = new Set(JSON.parse(localStorage.getItem(name) || "[]")); } catch { /* unreadable: begin anew */ }
  const keep = () => {
    try { localStorage.setItem(name, JSON.stringify([...ticked])); } catch { /* private window: ticks last as long as the page */ }
  };
  const boxes = lists.flatMap((list) => [...list.children]).map((step) => {
    const box = document.createElement("input");
    const words = step.lastElementChild;
    words.id ||= `${step.id}-words`;
    box.type = "checkbox";
    box.className = "box";
    box.checked = ticked.has(step.id);
    box.autocomplete = "off";
    box.setAttribute("aria-labelledby", words.id);
    box.addEventListener("change", () => {
      box.checked ? ticked.add(step.id) : ticked.delete(step.id);
      keep();
    });
    step.querySelector(".box").replaceWith(box);
    return box;
  });
  const note = document.createElement("p");
  const clear = document.createElement("button");
  note.className = "soft small no-print";
  note.textContent = `${text.dataset.wordTicks} `;
  clear.type = "button";
  clear.className = "button";
  clear.dataset.tone = "quiet";
  clear.textContent = text.dataset.wordClear;
  clear.addEventListener("click", () => {
    boxes.forEach((box) => (box.checked = false));
    ticked.clear();
    keep();
  });
  note.append(clear);
  lists.at(-1).after(note);
}
