// form[data-confirm="Withdraw the request?"]: asks once, in a dialog of the page. Without JavaScript the form is sent.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.dataset.confirm || form.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const pressed = event.submitter;
    const dialog = document.createElement("dialog");
    const question = document.createElement("p");
    const row = document.createElement("div");
    const yes = document.createElement("button");
    const no = document.createElement("button");
    question.textContent = form.dataset.confirm;
    question.id = "confirm-question";
    dialog.setAttribute("aria-labelledby", question.id);
    row.className = "form-actions";
    yes.className = no.className = "button";
    yes.type = no.type = "button";
    yes.dataset.tone = "primary";
    yes.textContent = pressed?.textContent.trim() || form.dataset.confirm;
    no.textContent = document.body.dataset.wordCancel || "Cancel";
    row.append(yes, no);
    dialog.append(question, row);
    dialog.addEventListener("close", () => {
      dialog.remove();
      pressed?.focus();
    });
    no.addEventListener("click", () => dialog.close());
    yes.addEventListener("click", () => {
      form.dataset.confirmed = "yes";
      dialog.close();
      form.requestSubmit(pressed);
      delete form.dataset.confirmed;
    });
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  },
  true,
);
