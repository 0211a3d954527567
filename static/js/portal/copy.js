// button[data-copy="text"] (or data-copy-from="id") copies and says so; hidden where the browser cannot copy.
for (const button of document.querySelectorAll("[data-copy], [data-copy-from]")) {
  if (!navigator.clipboard) {
    button.hidden = true;
    continue;
  }
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    const from = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
    await navigator.clipboard.writeText(from ? (from.value ?? from.innerText) : button.dataset.copy);
    button.textContent = document.body.dataset.wordCopied;
    setTimeout(() => (button.textContent = label), 2000);
  });
}
