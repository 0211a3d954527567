// Menus are <details>: without this they still open and close. Here: Escape closes, so does a click or Tab elsewhere.
const menus = [...document.querySelectorAll("details[data-menu]")];
const close = (menu, back) => {
  if (!menu.open) return;
  menu.open = false;
  if (back) menu.querySelector("summary").focus();
};
document.addEventListener("click", (event) => menus.forEach((menu) => menu.contains(event.target) || close(menu)));
document.addEventListener("focusin", (event) => menus.forEach((menu) => menu.contains(event.target) || close(menu)));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") menus.forEach((menu) => close(menu, menu.contains(document.activeElement)));
});
