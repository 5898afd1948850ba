// The pages for people: copies a field when its button is pressed, and looks again while something is being made.
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.addEventListener("click", () => navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value));
}

const main = document.querySelector("main[data-again]");
const lookAgain = async () => {
  try {
    const response = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("main");
    if (page && page.innerHTML !== main.innerHTML) { location.replace(location.href); return; }
  } catch {
    // The gateway may be away for a moment.
  }
  setTimeout(lookAgain, 3000);
};
if (main) setTimeout(lookAgain, 3000);
