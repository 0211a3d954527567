// form[data-queue]: j and k go from row to row, x ticks the row, Enter opens it. Keys typed into a field stay there.
for (const form of document.querySelectorAll("form[data-queue]")) {
  const rows = [...form.querySelectorAll("tbody tr")];
  const link = (row) => row?.querySelector("th a");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const field = event.target.closest("input:not([type=checkbox]), select, textarea, dialog, [contenteditable]");
    if (field) return;
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    if (event.key === "j" || event.key === "k") {
      const next = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + (event.key === "j" ? 1 : -1)));
      link(rows[next])?.focus();
      rows[next]?.scrollIntoView({ block: "nearest" });
      event.preventDefault();
    } else if (event.key === "x" && at >= 0) {
      rows[at].querySelector("input[type=checkbox]")?.click();
      event.preventDefault();
    }
  });
}
