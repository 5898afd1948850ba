// What the page shows now: its HTTP status and address, and which of the wanted texts and selectors are visible. A selector of
// which only the driver can tell is null: the driver looks into shadow roots, and knows more selectors.
(json) => {
  const want = JSON.parse(json);
  const fold = (s) => (s || '').replace(/\s+/g, ' ').trim().toLowerCase();
  const navigation = performance.getEntriesByType('navigation')[0];
  const body = want.texts.length && document.body ? fold(document.body.innerText) : '';
  const live = '[role=alert],[role=status],[role=alertdialog],[aria-live=assertive],[aria-live=polite],output';
  const alerts = want.alerts.length ? [...document.querySelectorAll(live)].map((e) => fold(e.innerText)) : [];
  const visible = (e) => {
    const box = e.getBoundingClientRect();
    return e.checkVisibility({ visibilityProperty: true }) && box.width > 0 && box.height > 0;
  };
  const shown = (css) => {
    try {
      const found = [...document.querySelectorAll(css)];
      return found.some((e) => getComputedStyle(e).display === 'contents') ? null : found.some(visible);
    } catch { return null; }
  };
  const flat = want.selectors.length && ![...document.querySelectorAll('*')].some((e) => e.shadowRoot);
  return JSON.stringify({
    status: (navigation && navigation.responseStatus) || 0,
    url: location.href,
    whole: document.readyState !== 'loading',
    texts: want.texts.map((t) => body.includes(fold(t))),
    alerts: want.alerts.map((t) => alerts.some((a) => a.includes(fold(t)))),
    shown: want.selectors.map((css) => (flat ? shown(css) : null)),
  });
}
