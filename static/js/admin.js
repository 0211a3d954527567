// Small repairs to what the admin's own scripts and libraries draw.

// The two-sided chooser makes its help a <span aria-label> without a role, which screen readers may not read.
window.addEventListener("load", () =>
  setTimeout(() => {
    for (const mark of document.querySelectorAll("span.help-tooltip[aria-label]")) mark.setAttribute("role", "img");
  }),
);

// "All columns" on the export page; the library does it with an inline handler.
document.addEventListener("change", (event) => {
  if (!event.target.matches(".select-toggle")) return;
  for (const box of document.querySelectorAll('.selectable-field-export-row input[type="checkbox"]')) {
    box.checked = event.target.checked;
  }
});
