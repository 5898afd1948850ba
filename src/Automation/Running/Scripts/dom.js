// The page as markup, without what people typed, without scripts and without hidden tokens.
(limit) => {
  const copy = document.documentElement.cloneNode(true);
  for (const e of copy.querySelectorAll('script,noscript,iframe')) e.textContent = '';
  for (const e of copy.querySelectorAll('input,textarea')) {
    const type = (e.getAttribute('type') || 'text').toLowerCase();
    if (e.tagName === 'TEXTAREA') e.textContent = e.textContent ? '•••' : '';
    else if (!['submit', 'button', 'reset', 'checkbox', 'radio', 'image'].includes(type) && e.hasAttribute('value')) {
      e.setAttribute('value', e.getAttribute('value') ? '•••' : '');
    }
  }
  for (const e of copy.querySelectorAll('meta[name*=token i],meta[name*=csrf i]')) e.setAttribute('content', '•••');
  return ('<!DOCTYPE html>\n<!-- ' + location.origin + location.pathname + ' -->\n' + copy.outerHTML).slice(0, limit);
}
