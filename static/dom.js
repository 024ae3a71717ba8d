/** The few things every part of a page does to its document. */

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page lacks #${id}.`);
  return element;
}

/**
 * The one element in `root` that `selector` names.
 * @template {HTMLElement | SVGElement} [T=HTMLElement]
 * @param {Element} root
 * @param {string} selector
 * @returns {T}
 */
export function part(root, selector) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`The page lacks ${selector} in #${root.id}.`);
  return /** @type {T} */ (found);
}

/**
 * A new element. Strings among the children become text, never markup.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string>} [attributes]
 * @param {(Node | string)[]} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Set the text, unless it is set already: a live region would say it again. @param {Element} element @param {string} text */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Whether typing belongs to this element: to a field, or to an open dialog. @param {EventTarget | null} target */
export function takesKeys(target) {
  return target instanceof Element && target.closest("input:not([type=range]), textarea, select, dialog[open]") !== null;
}

/** Whether the browser or the system has its own meaning for this key. @param {KeyboardEvent} event */
export function hasModifier(event) {
  return event.ctrlKey || event.metaKey || event.altKey;
}

/** Scroll the list around `element` so that it is seen; the page itself stays where it is. @param {Element} element */
export function keepInSight(element) {
  const list = element.closest(".scrolls");
  if (!list) return;
  const [seen, box] = [list.getBoundingClientRect(), element.getBoundingClientRect()];
  if (box.top < seen.top) list.scrollTop += box.top - seen.top;
  else if (box.bottom > seen.bottom) list.scrollTop += Math.min(box.bottom - seen.bottom, box.top - seen.top);
}

/** Whether the list around `element` shows any of it. @param {Element} element */
export function isInSight(element) {
  const [seen, box] = [element.closest(".scrolls")?.getBoundingClientRect(), element.getBoundingClientRect()];
  return !seen || (box.bottom > seen.top && box.top < seen.bottom);
}
