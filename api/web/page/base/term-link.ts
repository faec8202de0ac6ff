import { byId, element } from "./dom.ts";
import { METHOD_PAGE, TERMS, type TermId } from "./terms.ts";

/** A term that explains itself in one line when clicked, with a link to the whole explanation. */
export function term(id: TermId, text: string = TERMS[id].name): HTMLButtonElement {
  return element("button", { type: "button", class: "term", "data-term": id }, text);
}

/** One popover serves every term; it opens beside the clicked one. */
export function explainTerms(): void {
  const popover = byId("explanation");
  document.addEventListener("click", ({ target }) => {
    const asked = target instanceof Element ? target.closest<HTMLElement>("[data-term]") : null;
    const id = asked?.dataset["term"];
    if (asked === null || id === undefined || !(id in TERMS)) return;
    const { name, text, anchor } = TERMS[id as TermId];
    popover.replaceChildren(
      element("strong", {}, name),
      element("p", {}, text),
      element("a", { href: `${METHOD_PAGE}#${anchor}` }, "Read more in the method"),
    );
    popover.showPopover();
    placeBeside(popover, asked.getBoundingClientRect());
    popover.focus();
    popover.addEventListener("toggle", (event) => returnFocus(event as ToggleEvent, asked), {
      once: true,
    });
  });
}

function placeBeside(popover: HTMLElement, { left, top, bottom }: DOMRect): void {
  const { offsetWidth: width, offsetHeight: height } = popover;
  const below = bottom + 6;
  const fits = below + height < innerHeight;
  popover.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  popover.style.top = `${fits ? below : Math.max(8, top - height - 6)}px`;
}

function returnFocus({ newState }: ToggleEvent, asked: HTMLElement): void {
  const elsewhere = document.activeElement;
  if (newState === "closed" && (elsewhere === null || elsewhere === document.body)) asked.focus();
}
