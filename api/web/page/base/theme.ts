import { byId } from "./dom.ts";

const KEPT = "critbatch-theme";

// Asking for a style in the midst of drawing makes the browser work out the whole page's again.
const known = new Map<string, string>();

/** A color of the page's palette as it is now. */
export function color(name: string): string {
  const found =
    known.get(name) ?? getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  known.set(name, found);
  return found;
}

function isDark(): boolean {
  const chosen = document.documentElement.dataset["theme"];
  return chosen === undefined
    ? matchMedia("(prefers-color-scheme: dark)").matches
    : chosen === "dark";
}

/** Pictures take their colors when they are drawn. */
function redrawPictures(): void {
  known.clear();
  document.dispatchEvent(new Event("themechange"));
}

/** The system's choice until the reader makes one; pictures follow both. */
export function followTheme(): void {
  const button = byId("theme");
  const tell = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute(
      "aria-label",
      isDark() ? "Switch to light colors" : "Switch to dark colors",
    );
    redrawPictures();
  };
  const kept = readKept();
  if (kept !== undefined) document.documentElement.dataset["theme"] = kept;
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset["theme"] = theme;
    keep(theme);
    tell();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
  printLight();
  tell();
}

/** Paper is light and narrow: pictures are drawn anew for it, and once more for the screen. */
function printLight(): void {
  const { dataset } = document.documentElement;
  let chosen: string | undefined;
  addEventListener("beforeprint", () => {
    if ("printing" in dataset) return;
    chosen = dataset["theme"];
    dataset["theme"] = "light";
    dataset["printing"] = "";
    byId("address").textContent = `Printed from ${location.href}`;
    redrawPictures();
  });
  addEventListener("afterprint", () => {
    delete dataset["printing"];
    if (chosen === undefined) delete dataset["theme"];
    else dataset["theme"] = chosen;
    redrawPictures();
  });
}

// A browser that keeps nothing for the page throws here.
function readKept(): "light" | "dark" | undefined {
  try {
    const kept = localStorage.getItem(KEPT);
    return kept === "light" || kept === "dark" ? kept : undefined;
  } catch {
    return undefined;
  }
}

function keep(theme: string): void {
  try {
    localStorage.setItem(KEPT, theme);
  } catch {
    // The choice then lasts as long as the page.
  }
}
