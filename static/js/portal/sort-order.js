// [data-sortable] holds [data-sort-item]s, each with an order field (input[name$="-number"], "-order" or "-position" by
// data-sort-field), maybe a [data-sort-number] that shows its place, and hidden buttons [data-move="up"|"down"]. Pressing one swaps the neighbours and renumbers; without
// JavaScript the order fields are typed.
for (const list of document.querySelectorAll("[data-sortable]")) {
  const field = list.dataset.sortField || "position";
  const items = () => [...list.querySelectorAll("[data-sort-item]")].filter((item) => item.closest("[data-sortable]") === list);
  const settle = () => {
    const all = items();
    all.forEach((item, index) => {
      const order = item.querySelector(`input[name$="${field}"]`);
      if (order) order.value = index + 1;
      const number = item.querySelector("[data-sort-number]");
      if (number) number.textContent = index + 1;
      const up = item.querySelector('[data-move="up"]');
      const down = item.querySelector('[data-move="down"]');
      if (up) up.setAttribute("aria-disabled", index === 0);
      if (down) down.setAttribute("aria-disabled", index === all.length - 1);
    });
  };
  list.querySelectorAll("[data-move]").forEach((button) => (button.hidden = false));
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    event.preventDefault();
    const item = button.closest("[data-sort-item]");
    const all = items();
    const other = all[all.indexOf(item) + (button.dataset.move === "up" ? -1 : 1)];
    if (!other) return;
    if (button.dataset.move === "up") other.before(item);
    else other.after(item);
    settle();
    button.focus();
    list.dispatchEvent(new Event("input", { bubbles: true }));
  });
  settle();
}
