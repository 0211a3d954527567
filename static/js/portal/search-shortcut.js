// "/" puts the cursor into the search box, as in most work lists: into the large one where a page has one.
const box = [...document.querySelectorAll("[data-search-shortcut]")].at(-1);
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !box) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  event.preventDefault();
  box.focus();
  box.select();
});
