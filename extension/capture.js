import { isCapturePage, isExpected } from './rules.js';

// Sign-ins that are watched, by the app's tab, and credentials that their person is asked about, by the tab that asks. Memory only.
const watched = new Map();
const offers = new Map();
const patience = 300_000;

// The page that asks may be there before this worker was told which tab it is in.
let opening = Promise.resolve();

function forgetIn(map, tab) {
  const forgotten = map.get(tab);
  clearTimeout(forgotten?.timer);
  map.delete(tab);

  // Pages whose way to this worker ends stop listening.
  for (const port of forgotten?.ports ?? []) {
    port.disconnect();
  }
}

export const captureOf = {
  forget: (tab) => forgetIn(watched, tab),

  /** Forgets what was begun for any other gateway than this one. */
  keepOnly: (gateway) => [watched, offers].forEach((map) => [...map].filter(([, { launch }]) => !launch.startsWith(`${gateway}/`)).forEach(([tab]) => forgetIn(map, tab))),
};

/** Opens the app in the tab of the gateway's page, and watches for the person's own sign-in there. */
export async function beginCapture(page, tab, launch) {
  if (!isCapturePage(page)) {
    return { ok: false };
  }

  forgetIn(watched, tab);
  watched.set(tab, { page, launch, userName: null, password: null, typedIn: null, asked: null, documents: [], ports: new Set(), timer: setTimeout(() => forgetIn(watched, tab), patience) });
  await chrome.tabs.update(tab, { url: page.url });
  return { ok: true };
}

// The page's way to this worker is open before anything is typed: a message that had to open one would be lost with the page that the form leaves.
chrome.runtime.onConnect.addListener((port) => {
  const ports = watched.get(port.sender.tab?.id)?.ports;
  if (!ports) {
    port.disconnect();
    return;
  }

  ports.add(port);
  port.onDisconnect.addListener(() => ports.delete(port));
  port.onMessage.addListener((message) => {
    if (message?.ask === 'typed') {
      typed(message, port.sender);
    }
  });
});

/** Takes what the person typed, from the very page that is watched. */
function typed(message, sender) {
  const capture = watched.get(sender.tab?.id);
  if (!capture || sender.id !== chrome.runtime.id || sender.frameId !== 0 || !isExpected(sender.url, capture.page)) {
    return;
  }

  capture.userName = typeof message.userName === 'string' && message.userName ? message.userName : capture.userName;
  capture.password = typeof message.password === 'string' && message.password ? message.password : null;
  capture.typedIn = sender.documentId;
  settle(sender.tab.id, capture);
}

/** Answers the gateway's page that asks the person. The secret leaves by their word alone, and once. */
export async function offered(ask, sender) {
  await opening;
  const offer = offers.get(sender.tab.id);
  if (!offer || !sender.url.startsWith(`${offer.launch}/keep`)) {
    return { ok: false };
  }

  if (ask === 'captured') {
    return { ok: true, app: offer.app, userName: offer.userName };
  }

  forgetIn(offers, sender.tab.id);
  return ask === 'keep' ? { ok: true, userName: offer.userName, password: offer.password } : { ok: true };
}

chrome.tabs.onRemoved.addListener((tab) => {
  forgetIn(watched, tab);
  forgetIn(offers, tab);
});

chrome.webNavigation.onCommitted.addListener(async (details) => {
  const capture = watched.get(details.tabId);
  if (!capture || details.frameId !== 0) {
    return;
  }

  if (isExpected(details.url, capture.page)) {
    capture.documents.push(details.documentId);

    // Before the page can be typed into: what a quick person or a password manager sends must not be missed.
    await inPage(details, watchPage, capture, { injectImmediately: true });
  } else {
    // Elsewhere nothing is watched, and what was typed before is no business of anybody.
    forgetIn(watched, details.tabId);
  }
});

chrome.webNavigation.onDOMContentLoaded.addListener(async (details) => {
  const capture = watched.get(details.tabId);
  if (!capture || details.frameId !== 0 || !isExpected(details.url, capture.page)) {
    return;
  }

  await inPage(details, watchPage, capture);
  const asks = await inPage(details, asked, capture) ?? await inPage(details, asked, capture);
  capture.asked = { documentId: details.documentId, asks };
  await settle(details.tabId, capture);
});

/** Judges what was typed by the page that came after it, whichever of the two this worker is told of first. */
async function settle(tab, capture) {
  const { asked: last, documents, typedIn } = capture;
  if (watched.get(tab) !== capture || !last || documents.lastIndexOf(last.documentId) <= documents.lastIndexOf(typedIn)) {
    return;
  }

  if (last.asks === 'password') {
    // The sign-in is still asked for: what was typed on the page before was not taken.
    capture.password = null;
  } else if (last.asks === 'nothing' && capture.password && capture.userName) {
    await offer(tab, capture);
  }
}

async function inPage({ tabId, documentId }, func, capture, how = {}) {
  const results = await chrome.scripting.executeScript({
    target: { tabId, documentIds: [documentId] }, func, args: [{ origins: capture.page.origins, fields: capture.page.fields }], ...how,
  }).catch(() => []);
  return results[0]?.result;
}

async function offer(tab, capture) {
  forgetIn(watched, tab);
  const { page: { app }, launch, userName, password } = capture;
  capture.password = null;

  // The tab opens with its address: one that is sent on while it still opens may stay empty.
  opening = opening.then(() => chrome.tabs.create({ url: `${launch}/keep` })).then(({ id }) => {
    offers.set(id, { app, launch, userName, password, timer: setTimeout(() => forgetIn(offers, id), patience) });
  }, () => {});
  await opening;
}

/**
 * Runs in the app's page, in a world of its own. Tells the worker what was typed when the browser sends the form; an
 * event that the page's script made up counts for nothing.
 */
function watchPage(given) {
  if (window.top !== window || !given.origins.includes(location.origin) || globalThis.idlcmWatches) {
    return;
  }

  globalThis.idlcmWatches = true;
  const worker = chrome.runtime.connect();
  const visible = (element) => element instanceof HTMLInputElement && element.getClientRects().length > 0 && getComputedStyle(element).visibility !== 'hidden';
  const one = (selector) => {
    const found = selector ? [...document.querySelectorAll(selector)].filter(visible) : [];
    return found.length === 1 ? found[0] : null;
  };
  const told = (event) => {
    const form = event.target;
    const password = one(given.fields.password);
    const userName = one(given.fields.userName);
    const ours = event.isTrusted && form instanceof HTMLFormElement && given.origins.includes(new URL(form.action, location.href).origin);
    if (ours && password?.form === form && password.type === 'password') {
      worker.postMessage({ ask: 'typed', userName: userName?.form === form ? userName.value : null, password: password.value });
    } else if (ours && !password && userName?.form === form) {
      worker.postMessage({ ask: 'typed', userName: userName.value, password: null });
    }
  };
  document.addEventListener('submit', told, true);

  // The worker is put to rest after half a minute without a word, and what it knows of this sign-in with it.
  const word = setInterval(() => worker.postMessage({ ask: 'alive' }), 20_000);

  // Nothing is watched here any more: the worker said so, or is gone.
  worker.onDisconnect.addListener(() => {
    clearInterval(word);
    document.removeEventListener('submit', told, true);
    globalThis.idlcmWatches = false;
  });
}

/**
 * Runs in the app's page once all of it is there.
 * @returns {string} password, code or nothing: what the page asks for.
 */
function asked(given) {
  if (window.top !== window || !given.origins.includes(location.origin)) {
    return 'elsewhere';
  }

  const there = (selector) => Boolean(selector) && [...document.querySelectorAll(selector)].filter((element) => element instanceof HTMLInputElement
    && element.getClientRects().length > 0 && getComputedStyle(element).visibility !== 'hidden').length === 1;
  return there(given.fields.password) || there(given.fields.userName) ? 'password' : there(given.fields.code) ? 'code' : 'nothing';
}
