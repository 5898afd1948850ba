// What the page shows now: its HTTP status and address, and which of the wanted texts are visible.
(json) => {
  const want = JSON.parse(json);
  const fold = (s) => (s || '').replace(/\s+/g, ' ').trim().toLowerCase();
  const navigation = performance.getEntriesByType('navigation')[0];
  const body = want.texts.length && document.body ? fold(document.body.innerText) : '';
  const live = '[role=alert],[role=status],[role=alertdialog],[aria-live=assertive],[aria-live=polite],output';
  const alerts = want.alerts.length ? [...document.querySelectorAll(live)].map((e) => fold(e.innerText)) : [];
  return JSON.stringify({
    status: (navigation && navigation.responseStatus) || 0,
    url: location.href,
    texts: want.texts.map((t) => body.includes(fold(t))),
    alerts: want.alerts.map((t) => alerts.some((a) => a.includes(fold(t)))),
  });
}
