// Everything works without this script; it makes the pages live and pleasant. No dependencies.
const root = document.documentElement;
root.classList.add("js");

// ---- Times in the reader's zone, UTC on hover
const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const localTimes = (scope) => {
  for (const time of scope.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.textContent = format.format(at);
  }
};

// ---- Theme
const toggleTheme = () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  document.cookie = `idlcm_theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
};

// ---- What is said to screen readers
const announce = (text) => {
  const place = document.querySelector("[data-announce]");
  if (place) place.textContent = text;
};

// ---- Copying
const copy = async (button) => {
  const label = button.dataset.label ??= button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    // No clipboard without HTTPS or permission: select it, so that one key copies it.
    const value = button.parentElement.querySelector(".value");
    if (value) getSelection().selectAllChildren(value);
    button.textContent = "Selected";
  }
  announce(button.textContent);
  setTimeout(() => { button.textContent = label; }, 1500);
};

// ---- Confirmation before what cannot be undone
let confirmed = new WeakSet();
const ask = (form, submitter) => {
  const dialog = document.createElement("dialog");
  const text = document.createElement("p");
  text.id = "confirm-text";
  text.textContent = form.dataset.confirm;
  dialog.setAttribute("aria-labelledby", text.id);
  const actions = document.createElement("div");
  actions.className = "actions";
  const button = (label, kind, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = `button ${kind}`;
    made.textContent = label;
    made.addEventListener("click", () => { dialog.close(); act?.(); });
    actions.append(made);
    return made;
  };
  const cancel = button("Cancel", "");
  button(form.dataset.confirmButton || "Continue", "danger", () => { confirmed.add(form); form.requestSubmit(submitter ?? undefined); });
  dialog.append(text, actions);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  cancel.focus();
};

// ---- Parts of the page that follow the server
const known = new WeakMap();
let loading = false;
let again = false;
let lapsed = false;
const parts = (scope) => scope.querySelectorAll("[data-part][id]");
const tags = new Map();
// What somebody typed or chose is theirs until it is sent.
const changed = (field) => field.name && field.type !== "hidden" && !field.disabled && (field.matches("[type=checkbox], [type=radio]") ? field.checked !== field.defaultChecked
  : field.matches("select") ? [...field.options].some((option) => option.selected !== option.defaultSelected) && [...field.options].some((option) => option.defaultSelected || option.index !== 0 && option.selected)
  : field.matches("input, textarea") && field.value !== field.defaultValue);
const typedIn = (form) => [...form.elements].some(changed);
const anyTyped = () => [...document.querySelectorAll("form[method=post]")].some(typedIn);
const fieldKey = (field) => `${field.form.getAttribute("action")} ${field.name} ${field.matches("[type=checkbox], [type=radio]") ? field.value : ""}`;
const formFields = (scope) => [...scope.querySelectorAll("form[method=post] :is(input, textarea, select)")];
const carryOver = (from, to) => {
  const kept = new Map(formFields(from).filter(changed).map((field) => [fieldKey(field), field]));
  for (const field of kept.size ? formFields(to) : []) {
    const old = kept.get(fieldKey(field));
    if (!old) continue;
    if (field.matches("[type=checkbox], [type=radio]")) field.checked = old.checked;
    else if (field.matches("select")) for (const option of field.options) option.selected = [...old.selectedOptions].some((chosen) => chosen.value === option.value);
    else field.value = old.value;
  }
};
const load = async (address, following) => {
  if (loading) { again = true; return; }
  loading = true;
  try {
    // Many pages that follow one change are given the same answer: nothing of this session is in it.
    const shared = following && !lapsed;
    const headers = { "X-Requested-With": shared ? "dashboard-live" : "dashboard" };
    if (shared && tags.has(address)) headers["If-None-Match"] = tags.get(address);
    const response = await fetch(address, { headers, redirect: "manual" });
    if (response.status === 304) return;
    if (response.type === "opaqueredirect" || response.status === 401) {
      lapsed = true;
      if (anyTyped()) tellOf("Your session has ended. What you typed stays here: sign in again in a new tab, then send it.", "/sign-in"); else location.reload();
      return;
    }
    if (response.status >= 500) { outage(); return; }
    if (!response.ok) {
      // It was deleted or taken away, or the address is wrong: its page says so.
      if (anyTyped()) tellOf("This page is no longer what it was: load it again.", location.href); else if (following) location.reload(); else location.assign(address);
      return;
    }
    answered();
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (lapsed) {
      const token = page.querySelector("input[name=_token]")?.getAttribute("value");
      for (const field of document.querySelectorAll("input[name=_token]")) field.setAttribute("value", token);
      lapsed = false;
    }
    if (shared) {
      const token = document.querySelector("input[name=_token]")?.getAttribute("value");
      for (const field of page.querySelectorAll("input[name=_token]")) field.setAttribute("value", token);
    }
    tags.clear();
    if (shared && response.headers.get("ETag")) tags.set(address, response.headers.get("ETag"));
    for (const part of parts(document)) {
      const fresh = page.getElementById(part.id);
      if (!fresh) continue;
      const html = fresh.outerHTML;
      // Nobody's typing or choosing is taken away, and what did not change stays as it is.
      if (known.get(part) === html) continue;
      if (part.querySelector("dialog[open]") || (part.contains(document.activeElement) && document.activeElement.matches("input:not([type=hidden]), textarea, select"))) { tags.clear(); continue; }
      const open = new Set([...part.querySelectorAll("details[open][id]")].map((d) => d.id));
      const active = part.contains(document.activeElement) ? document.activeElement : undefined;
      const focused = active?.id ? `#${CSS.escape(active.id)}` : active?.matches("a[href]") ? `a[href="${CSS.escape(active.getAttribute("href"))}"]` : "";
      const adopted = document.adoptNode(fresh);
      known.set(adopted, html);
      carryOver(part, adopted);
      part.replaceWith(adopted);
      for (const details of adopted.querySelectorAll("details[id]")) if (open.has(details.id)) details.open = true;
      if (focused) adopted.querySelector(focused)?.focus();
      enhance(adopted);
      if (adopted.dataset.announceText) announce(adopted.dataset.announceText);
    }
  } catch {
    outage();
  } finally {
    loading = false;
    if (again) { again = false; setTimeout(() => load(location.href, true), 500); }
  }
};

const light = document.querySelector("[data-live-state]");
const setLive = (on) => {
  if (!light) return;
  light.hidden = false;
  light.classList.toggle("off", !on);
  light.setAttribute("aria-label", on ? "Live updates on" : "Live updates interrupted");
  light.title = on ? "Live updates on" : "Live updates interrupted";
};

// ---- What a page says when it cannot follow any more
let told;
const tellOf = (text, href) => {
  told ??= document.getElementById("main").appendChild(document.createElement("p"));
  if (told.dataset.text === text) return;
  told.className = "notice warn told";
  told.dataset.text = text;
  told.textContent = `${text} `;
  if (href) {
    const link = document.createElement("a");
    link.href = href;
    link.textContent = href === "/sign-in" ? "Sign in again" : "Load again";
    if (href === "/sign-in") link.target = "_blank";
    told.append(link);
  }
  announce(text);
};
let away;
const outage = () => {
  setLive(false);
  clearTimeout(away);
  tellOf("The gateway does not answer. What you see may be out of date; this page goes on as soon as it answers again.");
  away = setTimeout(() => { if (!document.hidden) load(location.href, Boolean(document.body.dataset.live)); }, 5000);
};
const answered = () => {
  clearTimeout(away);
  away = undefined;
  told?.remove();
  told = undefined;
};

let source;
let due;
let pace = 1000;
const paced = (event) => { pace = Math.max(1000, Number(event.data) || 1000); };
const refreshSoon = () => { due ??= setTimeout(() => { due = undefined; load(location.href, true); }, 100); };
const connect = () => {
  const address = document.body.dataset.live;
  if (!address || source || document.hidden) return;
  source = new EventSource(address);
  source.addEventListener("open", () => { setLive(true); if (away || told) { answered(); refreshSoon(); } });
  source.addEventListener("pace", paced);
  source.addEventListener("change", (event) => { paced(event); refreshSoon(); });
  source.addEventListener("error", () => {
    setLive(false);
    away ??= setTimeout(outage, 3000);
    // A browser gives up for good when the answer is no stream: a proxy's error page, or a session that has ended.
    if (source?.readyState !== EventSource.CLOSED) return;
    source = undefined;
    setTimeout(() => { connect(); refreshSoon(); }, 5000);
  });
};
document.addEventListener("visibilitychange", () => {
  // Browsers allow few connections to one host: a page that nobody looks at gives its own back.
  if (document.hidden) { source?.close(); source = undefined; } else { connect(); if (document.body.dataset.live) refreshSoon(); }
});

// While something runs, its steps are shown as they are done.
const follow = () => setTimeout(() => { if (!document.hidden && document.querySelector("[data-running]")) load(location.href, true); follow(); }, pace);
follow();

// ---- A drawer: a part of another page beside the list. Its address is that page's, so it can be shared and loaded again
let drawer;
let goingBack = false;
let showing;
const nowShowing = () => { showing = location.pathname + location.search; };
const closeDrawer = (goBack) => {
  if (!drawer) return;
  const { dialog, opener, title } = drawer;
  drawer = undefined;
  document.title = title;
  dialog.close();
  dialog.remove();
  if (goBack) { goingBack = true; history.back(); }
  (opener.isConnected ? opener : document.querySelector(`a[data-drawer][href="${CSS.escape(opener.getAttribute("href"))}"]`))?.focus();
};
const openDrawer = async (link) => {
  const response = await fetch(link.href, { headers: { "X-Requested-With": "dashboard" }, redirect: "manual" });
  const page = response.ok ? new DOMParser().parseFromString(await response.text(), "text/html") : undefined;
  const part = page?.getElementById(link.dataset.drawer);
  if (!part || drawer) { location.assign(link.href); return; }
  const dialog = document.createElement("dialog");
  dialog.className = "drawer";
  dialog.setAttribute("aria-label", link.textContent.trim());
  const bar = document.createElement("div");
  bar.className = "drawer-bar";
  const whole = document.createElement("a");
  whole.href = link.href;
  whole.textContent = "Open as a page";
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button";
  close.textContent = "Close";
  close.addEventListener("click", () => closeDrawer(true));
  bar.append(whole, close);
  const html = part.outerHTML;
  const adopted = document.adoptNode(part);
  known.set(adopted, html);
  dialog.append(bar, adopted);
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); closeDrawer(true); });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) closeDrawer(true); });
  document.body.append(dialog);
  drawer = { dialog, opener: link, title: document.title };
  history.pushState({ drawer: true }, "", link.href);
  document.title = page.title;
  dialog.showModal();
  enhance(adopted);
  close.focus();
};
addEventListener("popstate", () => {
  if (drawer) closeDrawer(false);
  else if (!goingBack) {
    // A link within the page is no other page.
    if (location.pathname + location.search !== showing) location.reload();
    return;
  }
  goingBack = false;
  if (document.body.dataset.live) refreshSoon();
});

// ---- Filters apply as they are changed, and stay in the address
const filter = async (form) => {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  const address = `${form.getAttribute("action") || location.pathname}${query.size ? `?${query}` : ""}`;
  history.replaceState(null, "", address);
  nowShowing();
  await load(address);
};

// ---- Create wizard: the sections of one form, one at a time
const wizard = (form) => {
  const sections = [...form.querySelectorAll("[data-step]")];
  const marks = [...document.querySelectorAll(".progress li")];
  let current = Math.max(0, sections.findIndex((s) => s.dataset.problem !== undefined));
  const valid = (section) => [...section.querySelectorAll("input, select, textarea")].every((field) => field.reportValidity());
  const show = (index, focus) => {
    current = index;
    sections.forEach((section, i) => { section.hidden = i !== index; });
    marks.forEach((mark, i) => {
      mark.classList.toggle("done", i < index);
      if (i === index) mark.setAttribute("aria-current", "step"); else mark.removeAttribute("aria-current");
    });
    if (focus) sections[index].querySelector("h2")?.focus();
  };
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-go]");
    if (!button) return;
    if (button.dataset.go === "back") show(current - 1, true);
    else if (valid(sections[current])) show(current + 1, true);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input") && current < sections.length - 1) {
      event.preventDefault();
      if (valid(sections[current])) show(current + 1, true);
    }
  });
  show(current, false);
};

// ---- Rows of a form: who begins the empty one gets the next
const nextRow = (rows) => {
  const last = rows && [...rows.querySelectorAll("[data-row=new]")].at(-1);
  if (!last) return;
  const next = last.cloneNode(true);
  for (const field of next.querySelectorAll("[name]")) {
    const number = (text) => text.replace(/^(attribute|role)\.(\d+)/, (_, kind, at) => `${kind}.${Number(at) + 1}`);
    if (field.type === "radio") { field.value = number(field.value); field.checked = false; } else {
      field.name = number(field.name);
      if (field.type === "checkbox") field.checked = false; else if (field.matches("input")) field.value = "";
    }
  }
  next.open = false;
  last.after(next);
};
const grow = (field) => {
  const row = field.closest("[data-row=new]");
  const rows = row?.closest("[data-rows]");
  if (row && field.value && row === [...rows.querySelectorAll("[data-row=new]")].at(-1)) nextRow(rows);
};

// ---- What was typed survives a lost session; secrets are not kept
const draftKey = (form) => `draft:${form.getAttribute("action")}`;
const keepDraft = (form) => {
  const fields = [...form.elements].filter((f) => f.name && f.type !== "hidden" && f.type !== "password");
  const values = fields.map((f) => [f.name, f.type === "radio" || f.type === "checkbox" ? (f.checked ? f.value : null) : f.value]);
  sessionStorage.setItem(draftKey(form), JSON.stringify(values));
};
const restoreDraft = (form) => {
  if (form.dataset.draft === "done") { sessionStorage.removeItem(draftKey(form)); return; }
  const kept = JSON.parse(sessionStorage.getItem(draftKey(form)) ?? "[]");
  for (const [name, value] of kept) {
    const row = /^(attribute|role)\.\d+\.(name|value)$/.exec(name);
    if (row && value && !form.querySelector(`[name="${CSS.escape(name)}"]`)) nextRow(form.querySelector(`[name^="${row[1]}."]`)?.closest("[data-rows]"));
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (field.type === "checkbox") field.checked = value === field.value;
      else if (field.type === "radio") { if (value !== null && field.value === value) field.checked = true; } else if (value !== null) field.value = value;
    }
  }
};

// ---- A session that ended while somebody typed: they sign in beside it, and nothing is lost, secrets included
let renewed = new WeakSet();
const asking = new WeakSet();
// The token of the session as it is now; null when there is none any more.
const freshToken = async () => {
  const response = await fetch("/form-token", { redirect: "manual" });
  return response.ok ? (await response.text()) || null : null;
};
const sendRenewed = async (form, submitter) => {
  const token = await freshToken();
  if (!token) return false;
  form.elements._token.value = token;
  renewed.add(form);
  form.requestSubmit(submitter ?? undefined);
  return true;
};
const keepAndAsk = (form, submitter, reason) => {
  const dialog = document.createElement("dialog");
  const text = document.createElement("p");
  text.id = "session-text";
  dialog.setAttribute("aria-labelledby", text.id);
  const actions = document.createElement("div");
  actions.className = "actions";
  const link = document.createElement("a");
  link.className = "button primary";
  link.href = "/sign-in";
  link.target = "_blank";
  link.textContent = "Sign in again";
  const next = document.createElement("button");
  next.type = "button";
  next.className = "button";
  next.textContent = "Continue";
  const say = (why) => { text.textContent = why; link.hidden = why === unanswered; };
  next.addEventListener("click", async () => {
    try {
      if (await sendRenewed(form, submitter)) dialog.close(); else say("You are not signed in yet. Sign in in the new tab, then continue here.");
    } catch {
      say(unanswered);
    }
  });
  say(reason);
  actions.append(link, next);
  dialog.append(text, actions);
  dialog.addEventListener("close", () => { confirmed.delete(form); dialog.remove(); });
  document.body.append(dialog);
  dialog.showModal();
  (link.hidden ? next : link).focus();
};
const sessionEnded = "Your session has ended. Sign in again in a new tab, then continue here: nothing that you typed is lost.";
const unanswered = "The gateway does not answer. Nothing was sent, and nothing that you typed is lost: continue when it is back.";

const enhance = (scope) => {
  localTimes(scope);
  for (const element of scope.querySelectorAll("[data-focus]")) element.focus();
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-drawer]");
  if (link && !event.defaultPrevented && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey && !link.closest("dialog")) {
    event.preventDefault();
    openDrawer(link).catch(() => location.assign(link.href));
    return;
  }
  const target = event.target.closest("[data-copy], [data-theme-toggle]");
  if (target?.dataset.copy !== undefined) copy(target);
  else if (target) toggleTheme();
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) for (const menu of document.querySelectorAll("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
  // Of two words about something none is the usual one: Enter goes to the first button and leaves it to the person.
  const words = event.key === "Enter" && event.target.matches("input") && !event.isComposing ? event.target.form?.querySelectorAll("button[type=submit][name]") : undefined;
  if (words?.length > 1) { event.preventDefault(); words[0].focus(); }
  if (event.key === "/" && !event.target.matches("input, textarea, select")) {
    const search = document.querySelector("input[type=search]");
    if (search) { event.preventDefault(); search.focus(); }
  }
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-filters]")) { event.preventDefault(); filter(form); return; }
  if (form.dataset.confirm && !confirmed.has(form)) { event.preventDefault(); ask(form, event.submitter); return; }
  if (form.elements._token && (form.matches("[data-draft]") || typedIn(form)) && !renewed.has(form)) {
    event.preventDefault();
    const submitter = event.submitter;
    if (asking.has(form)) return;
    asking.add(form);
    sendRenewed(form, submitter)
      .then((sent) => { if (!sent) keepAndAsk(form, submitter, sessionEnded); }, () => keepAndAsk(form, submitter, unanswered))
      .finally(() => asking.delete(form));
    return;
  }
  // Afterwards: the form is sent with the value of the button that sent it, and a disabled one has none.
  if (form.matches("[data-once]")) setTimeout(() => { for (const button of form.querySelectorAll("button")) button.disabled = true; });
});
let typing;
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (event.target.matches("[data-row] input")) grow(event.target);
  if (form?.matches("[data-filters]")) { clearTimeout(typing); typing = setTimeout(() => filter(form), event.target.matches("select") ? 0 : 350); }
  if (form?.matches("[data-draft]")) keepDraft(form);
});
addEventListener("pageshow", () => { confirmed = new WeakSet(); renewed = new WeakSet(); for (const button of document.querySelectorAll("form[data-once] button[disabled]")) button.disabled = false; });

for (const part of parts(document)) known.set(part, part.outerHTML);
for (const form of document.querySelectorAll("form[data-draft]")) restoreDraft(form);
for (const form of document.querySelectorAll("form[data-wizard]")) wizard(form);
const clean = document.querySelector("[data-address]");
if (clean) { history.replaceState(null, "", clean.dataset.address); sessionStorage.clear(); }
// What answers a form is no page of its own: loading it again shows the page that the form was on.
else if (document.body.dataset.formPage) history.replaceState(null, "", document.body.dataset.formPage);
const here = new URL(location.href);
if (here.searchParams.has("done")) { here.searchParams.delete("done"); history.replaceState(null, "", here); }
const notice = document.querySelector("[data-notice]");
if (notice) {
  const dismiss = document.createElement("button");
  dismiss.type = "button";
  dismiss.className = "button small";
  dismiss.textContent = "Dismiss";
  dismiss.addEventListener("click", () => { notice.remove(); document.getElementById("main").focus({ preventScroll: true }); });
  notice.append(dismiss);
}
// On a narrow screen the tab that is open may lie outside.
const showCurrent = () => {
  for (const strip of document.querySelectorAll(".tabs, .nav")) {
    const current = strip.querySelector("[aria-current]");
    if (current) strip.scrollLeft = current.offsetLeft - strip.offsetLeft - (strip.clientWidth - current.offsetWidth) / 2;
  }
};
showCurrent();
addEventListener("resize", showCurrent);
nowShowing();
enhance(document);
connect();
root.dataset.ready = "";
