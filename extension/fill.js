/**
 * Runs in the app's page, in a world of its own that the page cannot look into. It has to be whole by itself: the
 * browser sends its text.
 * @returns {{filled: string[], refused?: string}} What was typed, or why nothing was.
 */
export function fill(given) {
  if (window.top !== window) {
    return { filled: [], refused: 'frame' };
  }

  if (!given.origins.includes(location.origin)) {
    return { filled: [], refused: 'origin' };
  }

  const visible = (element) => Boolean(element) && element.getClientRects().length > 0 && getComputedStyle(element).visibility !== 'hidden';
  const one = (selector) => {
    const found = selector ? [...document.querySelectorAll(selector)].filter((e) => e instanceof HTMLInputElement && visible(e)) : [];
    return found.length === 1 ? found[0] : null;
  };
  const fields = [];
  for (const name of ['userName', 'password', 'code']) {
    const input = given[name] === null || given[name] === undefined ? null : one(given.fields[name]);
    if (input && !input.disabled && !input.readOnly) {
      fields.push({ name, input });
    }
  }

  if (fields.length === 0) {
    return { filled: [] };
  }

  const form = fields[0].input.form;
  if (!form || fields.some((f) => f.input.form !== form) || !given.origins.includes(new URL(form.action, location.href).origin)) {
    return { filled: [], refused: 'form' };
  }

  if (fields.some((f) => f.name === 'password' && f.input.type !== 'password')) {
    return { filled: [], refused: 'field' };
  }

  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  for (const { name, input } of fields) {
    set.call(input, given[name]);
    input.dispatchEvent(new Event('input', { bubbles: true }));
    input.dispatchEvent(new Event('change', { bubbles: true }));
  }

  form.requestSubmit();
  return { filled: fields.map((f) => f.name) };
}
