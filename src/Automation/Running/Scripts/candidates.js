// What a person could mean by a name here: role, name and the markup's own words of everything that can be used, read as a message, or holds others.
(root, limit) => {
  const fold = (s) => (s || '').replace(/\s+/g, ' ').trim().slice(0, 100);
  const visible = (e) => (e.checkVisibility ? e.checkVisibility({ visibilityProperty: true }) : true);
  const found = [];
  const add = (role, name, e) => {
    if (found.length >= limit || !name || found.some((f) => f[0] === role && f[1] === name)) return;
    const marks = ['id', 'name', 'class', 'title', 'data-testid', 'placeholder', 'autocomplete'].map((a) => e.getAttribute(a) || '');
    found.push([role, name, fold(marks.join(' '))]);
  };
  const inputRole = (e) => ({ checkbox: 'checkbox', radio: 'radio', button: 'button', submit: 'button', reset: 'button' })[e.type] || 'field';
  const roles = {
    A: 'link', BUTTON: 'button', SELECT: 'field', TEXTAREA: 'field', SUMMARY: 'button', H1: 'heading', H2: 'heading', H3: 'heading',
    DIALOG: 'dialog', FORM: 'form', TABLE: 'table', NAV: 'navigation', SECTION: 'region', FIELDSET: 'group',
  };
  // What holds others is named by its author, not by all that stands in it.
  const holders = ['dialog', 'alertdialog', 'form', 'table', 'grid', 'navigation', 'region', 'group', 'list', 'main', 'tabpanel', 'menu', 'toolbar'];
  const nameOf = (e, role) => {
    const by = e.getAttribute('aria-labelledby');
    if (by) return fold(by.split(/\s+/).map((id) => document.getElementById(id)?.textContent || '').join(' '));
    const label = e.getAttribute('aria-label');
    if (label) return fold(label);
    if (holders.includes(role)) return fold([...e.children].find((c) => c.matches('caption,legend'))?.textContent || e.getAttribute('title'));
    if (e.labels && e.labels.length) return fold(e.labels[0].textContent);
    if (e.tagName === 'INPUT' && inputRole(e) === 'button') return fold(e.value);
    if (e.matches('input,select,textarea')) return fold(e.getAttribute('placeholder') || e.getAttribute('name'));
    return fold(e.innerText || e.textContent || e.getAttribute('title'));
  };
  const all = 'a[href],button,input:not([type=hidden]),select,textarea,summary,h1,h2,h3,dialog,form,table,nav,section,fieldset,[role],[data-testid]';
  for (const e of root.querySelectorAll(all)) {
    if (found.length >= limit) break;
    if (!visible(e)) continue;
    const role = e.getAttribute('role') || roles[e.tagName] || (e.tagName === 'INPUT' ? inputRole(e) : 'element');
    add(role, nameOf(e, role), e);
  }
  return JSON.stringify(found);
}
