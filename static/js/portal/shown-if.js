// [data-shown-if='{"question": "q1", "is": ["a", "b"]}'] is shown while the form's q1 has one of these values; hidden
// controls are disabled so they are neither sent nor required. Without JavaScript all questions are shown and the
// server ignores those that do not apply.
const parts = [...document.querySelectorAll("[data-shown-if]")].map((part) => ({ part, ...JSON.parse(part.dataset.shownIf) }));
const given = (form, question) =>
  [...form.elements]
    .filter((control) => control.name === question && !control.disabled)
    .flatMap((control) => {
      if (control.type === "radio" || control.type === "checkbox") return control.checked ? [control.value] : [];
      if (control.multiple && control.options) return [...control.selectedOptions].map((option) => option.value);
      return [control.value];
    });
const settle = () => {
  // In the order of the page: a question hidden by an earlier one hides what depends on it.
  for (const { part, question, is } of parts) {
    const form = part.closest("form");
    const wanted = is === undefined ? null : [].concat(is).map(String);
    const values = given(form, question);
    const show = wanted ? values.some((value) => wanted.includes(value)) : values.some(Boolean);
    part.hidden = !show;
    for (const control of part.querySelectorAll("input, select, textarea, button")) control.disabled = !show;
  }
};
if (parts.length) {
  document.addEventListener("input", settle);
  document.addEventListener("change", settle);
  settle();
}
