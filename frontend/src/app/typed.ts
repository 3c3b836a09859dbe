// What is typed while an answer is on its way is never lost. Parts of a form that are fetched anew (a search for a person, what an
// identity number tells) come with the values that were sent; whatever the reader has changed since then is put back into them,
// with the focus and the place of the cursor.

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

const fields = (within: Element): Field[] =>
  [...within.querySelectorAll<Field>("input[name]:not([type=hidden], [type=file]), textarea[name], select[name]")];
const value = (field: Field): string =>
  field instanceof HTMLInputElement && /^(checkbox|radio)$/.test(field.type) ? String(field.checked) : field.value;
const key = (field: Field): string =>
  field instanceof HTMLInputElement && field.type === "radio" ? `${field.name}=${field.value}` : field.name;

const sent = new WeakMap<XMLHttpRequest, Map<string, string>>();
const typed = new WeakMap<XMLHttpRequest, Map<string, string>>();

interface Asked {
  xhr: XMLHttpRequest;
  target: Element;
}

export function startTyped(): void {
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { xhr, target } = (event as CustomEvent<Asked>).detail;
    sent.set(xhr, new Map(fields(target).map((field) => [key(field), value(field)])));
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = (event as CustomEvent<Asked>).detail;
    const before = sent.get(xhr);
    if (!before) return;
    const since = fields(target).filter((field) => before.has(key(field)) && before.get(key(field)) !== value(field));
    typed.set(xhr, new Map(since.map((field) => [key(field), value(field)])));
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const { xhr } = (event as CustomEvent<Asked>).detail;
    const since = typed.get(xhr);
    if (!since?.size) return;
    for (const field of fields(document.body)) {
      const mine = since.get(key(field));
      if (mine === undefined || value(field) === mine) continue;
      if (field instanceof HTMLInputElement && /^(checkbox|radio)$/.test(field.type)) field.checked = mine === "true";
      else field.value = mine;
    }
  });
}
