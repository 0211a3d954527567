// The admin's two-sided chooser draws its help as a <span aria-label> without a role, which screen readers may not read.
window.addEventListener("load", () =>
  setTimeout(() => {
    for (const mark of document.querySelectorAll("span.help-tooltip[aria-label]")) mark.setAttribute("role", "img");
  }),
);
