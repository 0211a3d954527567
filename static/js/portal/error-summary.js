// A refused form: the summary gets the focus, so it is read out and on screen at once.
document.querySelector("[data-error-summary]")?.focus();
