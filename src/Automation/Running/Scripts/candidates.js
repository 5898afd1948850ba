// What a person could mean by a name on this page: role and name of everything that can be used or read as a message.
(limit) => {
  const fold = (s) => (s || '').replace(/\s+/g, ' ').trim().slice(0, 100);
  const visible = (e) => (e.checkVisibility ? e.checkVisibility({ visibilityProperty: true }) : true);
  const found = [];
  const add = (role, name) => {
    if (found.length < limit && name && !found.some((f) => f[0] === role && f[1] === name)) found.push([role, name]);
  };
  const inputRole = (e) => ({ checkbox: 'checkbox', radio: 'radio', button: 'button', submit: 'button', reset: 'button' })[e.type] || 'field';
  const nameOf = (e) => {
    const by = e.getAttribute('aria-labelledby');
    if (by) return fold(by.split(/\s+/).map((id) => document.getElementById(id)?.textContent || '').join(' '));
    const label = e.getAttribute('aria-label');
    if (label) return fold(label);
    if (e.labels && e.labels.length) return fold(e.labels[0].textContent);
    if (e.tagName === 'INPUT' && inputRole(e) === 'button') return fold(e.value);
    if (e.matches('input,select,textarea')) return fold(e.getAttribute('placeholder') || e.getAttribute('name'));
    return fold(e.innerText || e.textContent || e.getAttribute('title'));
  };
  const all = 'a[href],button,input:not([type=hidden]),select,textarea,summary,h1,h2,h3,[role],[data-testid]';
  for (const e of document.querySelectorAll(all)) {
    if (found.length >= limit) break;
    if (!visible(e)) continue;
    const role = e.getAttribute('role')
      || { A: 'link', BUTTON: 'button', SELECT: 'field', TEXTAREA: 'field', SUMMARY: 'button', H1: 'heading', H2: 'heading', H3: 'heading' }[e.tagName]
      || (e.tagName === 'INPUT' ? inputRole(e) : 'element');
    add(role, nameOf(e));
  }
  return JSON.stringify(found);
}
