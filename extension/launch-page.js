// On the gateway's launch page: takes the release, once, and hands it to the worker. The page itself never sees it.
(async () => {
  if (window.top !== window || globalThis.idlcmServes) {
    return;
  }

  globalThis.idlcmServes = true;

  if (location.pathname.endsWith('/keep')) {
    await askToKeep();
    return;
  }

  if (document.querySelector('meta[name="idlcm-capture"]')) {
    await startCapture();
    return;
  }

  const note = document.querySelector('meta[name="idlcm-release"]');
  if (!note) {
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
    say('alert', 'The sign-in could not be taken over. Reload this page to begin again.');
  }

  function say(role, text, where = document.querySelector('main')) {
    const line = document.createElement('p');
    line.setAttribute('role', role);
    line.textContent = text;
    where?.append(line);
  }

  async function startCapture() {
    const answer = await fetch(`${location.pathname}/capture`, { credentials: 'same-origin', cache: 'no-store', redirect: 'error', headers: { 'X-IdLCM-Extension': '1' } });
    const begun = answer.ok ? await chrome.runtime.sendMessage({ ask: 'capture', page: await answer.json() }) : null;
    if (!begun?.ok) {
      say('alert', 'The app could not be opened. Reload this page to begin again.');
    }
  }

  // The person's word: only a real press of the button counts, and only then does the worker give the credential away.
  async function askToKeep() {
    const place = document.getElementById('idlcm-keep');
    const captured = await chrome.runtime.sendMessage({ ask: 'captured' });
    if (!place || !captured?.ok) {
      return;
    }

    place.replaceChildren();

    // The worker is put to rest after half a minute without a word, and the credential with it.
    const word = setInterval(() => chrome.runtime.sendMessage({ ask: 'alive' }), 20_000);
    say('note', `You have just signed in to ${captured.app} as ${captured.userName}. Shall IdLCM keep this user name and password, to sign you in there from your portal? Nobody else can use it, and you can delete it at any time.`, place);
    const button = (text, act) => {
      const made = document.createElement('button');
      made.type = 'button';
      made.textContent = text;
      made.addEventListener('click', async (event) => {
        if (event.isTrusted) {
          place.replaceChildren();
          clearInterval(word);
          await act();
        }
      });
      place.append(made, ' ');
    };
    button('Keep it', async () => {
      const { ok, userName, password } = await chrome.runtime.sendMessage({ ask: 'keep' });
      const kept = ok && await fetch(`${location.pathname.replace(/\/keep$/, '')}/capture`, {
        method: 'POST',
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'error',
        headers: { 'Content-Type': 'application/json', 'X-IdLCM-Extension': '1' },
        body: JSON.stringify({ userName, password }),
      });
      say(kept?.ok ? 'status' : 'alert', kept?.ok ? 'Kept. You are signed in from your portal from now on.' : 'It could not be kept. Sign in once more from your portal to be asked again.', place);
    });
    button('No, forget it', async () => {
      await chrome.runtime.sendMessage({ ask: 'decline' });
      say('status', 'Nothing was kept.', place);
    });
  }
})();
