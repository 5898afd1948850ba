// The values of fields by their labels, all in one go and without the browser driver's selector engine, as it would
// find them: exactly one visible element for each. Null where there is any doubt: the driver reads then.
(json, read) => {
  const fold = (s) => (s || '').replace(/[\u200b\u00ad]/g, '').replace(/\s+/g, ' ').trim();
  const elements = [...document.querySelectorAll('*')];
  if (elements.some((e) => e.shadowRoot)) return null;
  const visible = (e) => {
    const box = e.getBoundingClientRect();
    return e.checkVisibility({ visibilityProperty: true }) && box.width > 0 && box.height > 0;
  };
  const textOf = (e) => fold(e.textContent);
  const labelsOf = (e) => {
    const by = (e.getAttribute('aria-labelledby') || '').trim().split(/\s+/).map((id) => id && document.getElementById(id)).filter((part) => part);
    if (by.length) return by.map(textOf);
    if (fold(e.getAttribute('aria-label'))) return [fold(e.getAttribute('aria-label'))];
    return [...(e.labels || [])].map(textOf);
  };
  const candidates = elements.filter((e) => e.labels || e.hasAttribute('aria-label') || e.hasAttribute('aria-labelledby'));
  const byCss = (css) => {
    try { return [...document.querySelectorAll(css)]; } catch { return []; } // the driver knows more selectors than the browser
  };
  const values = [];
  for (const want of JSON.parse(json)) {
    const found = (want.css ? byCss(want.css) : candidates.filter((e) => labelsOf(e).includes(fold(want.label)))).filter(visible);
    if (found.length !== 1) return null;
    values.push(read(found[0], want.attribute));
  }
  return JSON.stringify(values);
}
