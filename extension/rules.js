// What decides where a credential may go. No part of this file touches a page or the network, so that it can be read as a whole.

/** Whether an address may carry a credential: https, or this machine. */
export function isSafe(address) {
  return address.protocol === 'https:' || (address.protocol === 'http:' && (address.hostname === '127.0.0.1' || address.hostname === 'localhost'));
}

/** The origin of the gateway as configured, or null when it is none. */
export function gatewayOrigin(text) {
  try {
    const address = new URL(text);
    return isSafe(address) ? address.origin : null;
  } catch {
    return null;
  }
}

/** Whether a page is one of those that a release names: the very same origin, to the letter of host and port. */
export function isExpected(url, release) {
  try {
    const address = new URL(url);
    return isSafe(address) && address.username === '' && address.password === '' && release.origins.includes(address.origin);
  } catch {
    return false;
  }
}

/** Whether what the gateway answered is a release at all. */
export function isRelease(value) {
  const text = (v) => typeof v === 'string' && v.length > 0;
  return Boolean(value) && text(value.url) && text(value.userName) && text(value.password) && Array.isArray(value.origins) && value.origins.length > 0
    && value.origins.every((origin) => { try { return new URL(origin).origin === origin && isSafe(new URL(origin)); } catch { return false; } })
    && Boolean(value.fields) && text(value.fields.password) && isExpected(value.url, value);
}

/** Whether what the gateway answered says where a credential may be taken from. */
export function isCapturePage(value) {
  const text = (v) => typeof v === 'string' && v.length > 0;
  return Boolean(value) && text(value.app) && text(value.url) && Array.isArray(value.origins) && value.origins.length > 0
    && value.origins.every((origin) => { try { return new URL(origin).origin === origin && isSafe(new URL(origin)); } catch { return false; } })
    && Boolean(value.fields) && text(value.fields.password) && isExpected(value.url, value);
}
