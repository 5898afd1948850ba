// The one visible table or list that has a name, looked for without the browser driver's own selector engine, which
// costs several times as much in a fresh document. Null where there is any doubt: the driver looks then.
(want) => {
  const fold = (s) => (s || '').replace(/[\u200b\u00ad]/g, '').replace(/\s+/g, ' ').trim();
  const tags = { table: 'table', list: 'ul,ol,menu', main: 'main' };
  const explicit = `[role=${want.role}]`;
  const elements = [...document.querySelectorAll('*')];
  if (elements.some((e) => e.shadowRoot)) return null;
  const named = (e) => {
    const by = e.getAttribute('aria-labelledby');
    if (by) {
      const parts = by.trim().split(/\s+/).map((id) => document.getElementById(id)).filter((part) => part);
      const plain = parts.every((part) => !part.hasAttribute('aria-label') && !part.querySelector('*') && part.checkVisibility());
      return parts.length > 0 && plain ? fold(parts.map((part) => part.textContent).join(' ')) : null;
    }
    if (fold(e.getAttribute('aria-label'))) return fold(e.getAttribute('aria-label'));
    const caption = e.tagName === 'TABLE' ? e.caption : null;
    if (caption) return caption.querySelector('*') ? null : fold(caption.textContent);
    return fold(e.getAttribute('title'));
  };
  const shown = (e) => {
    const box = e.getBoundingClientRect();
    return e.checkVisibility({ visibilityProperty: true }) && box.width > 0 && box.height > 0 && !e.closest('[aria-hidden=true],[inert]');
  };
  const found = [];
  for (const e of document.querySelectorAll(tags[want.role] ? `${tags[want.role]},[role]` : '[role]')) {
    const role = e.getAttribute('role');
    if (role && /\s/.test(role.trim())) return null;
    if (!(e.matches(explicit) || (!role && tags[want.role] && e.matches(tags[want.role]))) || !shown(e)) continue;
    const name = named(e);
    if (name === null) return null;
    if (want.name === undefined || name === want.name) found.push(e);
  }
  return found.length === 1 ? found[0] : null;
}
