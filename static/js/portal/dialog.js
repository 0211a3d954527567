// [data-opens="id"] opens the <dialog id>; its [data-closes] buttons and Escape close it.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog?.showModal) {
      event.preventDefault();
      dialog.showModal();
    }
  }
  event.target.closest("[data-closes]")?.closest("dialog")?.close();
});
