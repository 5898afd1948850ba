// On the gateway's launch page: takes the release, once, and hands it to the worker. The page itself never sees it.
(async () => {
  const note = document.querySelector('meta[name="idlcm-release"]');
  if (window.top !== window || !note) {
    return;
  }

  const ready = await chrome.runtime.sendMessage({ ask: 'ready' });
  if (!ready?.ok) {
    return;
  }

  const token = note.content;
  note.remove();
  const response = await fetch(`${location.pathname}/release`, {
    method: 'POST',
    credentials: 'same-origin',
    cache: 'no-store',
    redirect: 'error',
    headers: { 'Content-Type': 'application/json', 'X-IdLCM-Extension': '1' },
    body: JSON.stringify({ release: token }),
  });
  const taken = response.ok ? await chrome.runtime.sendMessage({ ask: 'launch', release: await response.json() }) : null;
  if (!taken?.ok) {
    const problem = document.createElement('p');
    problem.setAttribute('role', 'alert');
    problem.textContent = 'The sign-in could not be taken over. Reload this page to begin again.';
    document.querySelector('main')?.append(problem);
  }
})();
