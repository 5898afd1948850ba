import { gatewayOrigin, isExpected, isRelease } from './rules.js';
import { fill } from './fill.js';
import { beginCapture, captureOf, offered } from './capture.js';

// Sign-ins under way, by tab. Memory only: what the browser puts to rest with this worker is gone, and is launched again.
const underWay = new Map();
const patience = 60_000;
const mostPages = 6;

// What the browser's policy says, asked once per life of this worker, which is told of changes. A browser that is starting can take many seconds to answer.
const policyPatience = 1_000;
let policy = askPolicy();
function askPolicy() {
  return chrome.storage.managed.get('gateway').then(({ gateway }) => gateway ?? '', () => '');
}

async function configuredGateway() {
  const config = await (await fetch(chrome.runtime.getURL('config.json'))).json();
  const packaged = gatewayOrigin(config.gateway);
  const late = new Promise((resolve) => setTimeout(resolve, policyPatience));

  // The policy goes before what was packed with the extension; while it is silent, what was packed holds. Where nothing was packed, only the policy can name a gateway.
  const named = await (packaged ? Promise.race([policy, late]) : policy);
  return named ? gatewayOrigin(named) : packaged;
}

const inLaunchPages = { id: 'gateway', js: ['launch-page.js'], runAt: 'document_end', allFrames: false, persistAcrossSessions: false };

async function watchGateway() {
  const origin = await configuredGateway();

  // What another one began while the policy was silent ends here.
  [...underWay].filter(([, launch]) => launch.gateway !== origin).forEach(([tab]) => forget(tab));
  captureOf.keepOnly(origin);
  const registered = await chrome.scripting.getRegisteredContentScripts({ ids: [inLaunchPages.id] });

  // A match pattern names no port; the script and this worker check the whole origin.
  const { protocol, hostname } = origin ? new URL(origin) : {};
  const matches = origin ? [`${protocol}//${hostname}/launch/*`] : [];
  if (registered.length > 0 && registered[0].matches.join() === matches.join()) {
    return;
  }

  if (registered.length > 0) {
    await chrome.scripting.unregisterContentScripts({ ids: [inLaunchPages.id] });
  }

  if (origin) {
    await chrome.scripting.registerContentScripts([{ ...inLaunchPages, matches }]);

    // A launch page that was opened before this worker knew its gateway is served too; in a page that has the script, the second does nothing.
    for (const tab of await chrome.tabs.query({ url: matches, status: 'complete' })) {
      await chrome.scripting.executeScript({ target: { tabId: tab.id }, files: inLaunchPages.js }).catch(() => {});
    }
  }
}

// One after the other: two that ran at once would register the same script twice, which the browser refuses.
let watching = Promise.resolve();
function watch() {
  watching = watching.then(watchGateway, watchGateway);
}

chrome.runtime.onInstalled.addListener(watch);
chrome.runtime.onStartup.addListener(watch);
chrome.storage.onChanged.addListener(({ gateway }, area) => {
  if (area === 'managed' && gateway) {
    policy = Promise.resolve(gateway.newValue ?? '');
    watch();
  }
});
watch();
policy.then(watch);

chrome.runtime.onMessage.addListener((message, sender, answer) => {
  begin(message, sender).then(answer, () => answer({ ok: false }));
  return true;
});

async function begin(message, sender) {
  const origin = await configuredGateway();
  const fromLaunchPage = sender.id === chrome.runtime.id && sender.frameId === 0 && sender.tab
    && sender.origin === origin && new URL(sender.url).pathname.startsWith('/launch/');
  if (!fromLaunchPage) {
    return { ok: false };
  }

  if (message?.ask === 'ready') {
    return { ok: true };
  }

  if (message?.ask === 'capture') {
    return beginCapture(message.page, sender.tab.id, `${origin}${new URL(sender.url).pathname}`);
  }

  if (message?.ask === 'captured' || message?.ask === 'keep' || message?.ask === 'decline') {
    return offered(message.ask, sender);
  }

  if (message?.ask !== 'launch' || !isRelease(message.release)) {
    return { ok: false };
  }

  const tab = sender.tab.id;
  captureOf.forget(tab);
  forget(tab);
  underWay.set(tab, { gateway: origin, release: message.release, pages: 0, done: {}, timer: setTimeout(() => forget(tab), patience) });
  await chrome.tabs.update(tab, { url: message.release.url });
  return { ok: true };
}

function forget(tab) {
  clearTimeout(underWay.get(tab)?.timer);
  underWay.delete(tab);
}

/** Whether the person went elsewhere, as opposed to having been led there by the app. */
function isLeftByHand(details, launch) {
  const byHand = ['typed', 'auto_bookmark', 'generated', 'keyword', 'start_page'].includes(details.transitionType) && !details.transitionQualifiers.some((q) => q.endsWith('_redirect'));
  return launch.pages > 0 && (byHand || details.url.startsWith(`${launch.gateway}/`));
}

async function stop(tab, url) {
  forget(tab);
  let host = '';
  try {
    host = new URL(url).host;
  } catch {
    host = 'an unknown page';
  }

  await chrome.tabs.update(tab, { url: `${chrome.runtime.getURL('stopped.html')}?host=${encodeURIComponent(host)}` });
}

chrome.tabs.onRemoved.addListener(forget);

chrome.webNavigation.onCommitted.addListener((details) => {
  const launch = underWay.get(details.tabId);
  if (!launch || details.frameId !== 0 || isExpected(details.url, launch.release)) {
    return;
  }

  if (isLeftByHand(details, launch)) {
    forget(details.tabId);
  } else {
    stop(details.tabId, details.url);
  }
});

chrome.webNavigation.onDOMContentLoaded.addListener(async (details) => {
  const launch = underWay.get(details.tabId);
  if (!launch || details.frameId !== 0) {
    return;
  }

  if (!isExpected(details.url, launch.release)) {
    await stop(details.tabId, details.url);
    return;
  }

  launch.pages += 1;
  const { release, done } = launch;
  const given = { origins: release.origins, fields: release.fields, userName: done.userName ? null : release.userName, password: done.password ? null : release.password, code: done.code ? null : release.code };

  // This very document and no other: a page that comes in its place meanwhile gets nothing.
  const results = await chrome.scripting.executeScript({ target: { tabId: details.tabId, documentIds: [details.documentId] }, func: fill, args: [given] }).catch(() => []);
  const result = results[0]?.result;
  if (result?.refused) {
    await stop(details.tabId, details.url);
    return;
  }

  for (const field of result?.filled ?? []) {
    done[field] = true;
    release[field] = null;
  }

  if ((done.password && (done.code || !release.code)) || launch.pages >= mostPages) {
    forget(details.tabId);
  }
});
