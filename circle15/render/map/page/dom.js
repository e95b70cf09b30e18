'use strict';
/** Elements made by hand: text only ever becomes text. */

/**
 * @param {string} tag with classes, as in "div.card.open"
 * @param {Object<string, unknown>} [attributes] `on…` are listeners, `style` an object, the rest attributes
 * @param {...(Node | string | number | null | undefined | false)} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'style') for (const [rule, setting] of Object.entries(value)) element.style.setProperty(rule, setting);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, String(value));
  }
  fill(element, ...children);
  return element;
}

/** Replace what stands in an element. @param {Element} element @param {...(Node | string | number | null | undefined | false)} children */
export function fill(element, ...children) {
  element.replaceChildren(...children.filter((child) => child !== null && child !== undefined && child !== false).map((child) => (child instanceof Node ? child : String(child))));
}

/**
 * Buttons of which one is chosen, moved through with the arrow keys.
 *
 * @param {string} label
 * @param {{value: string, content: (Node | string)[], title?: string, disabled?: boolean}[]} options
 * @param {string} chosen @param {(value: string) => void} choose @param {string} [style]
 */
export function choice(label, options, chosen, choose, style = 'choice') {
  const buttons = options.map(({ value, content, title, disabled }) =>
    h('button', {
      type: 'button', role: 'radio', 'aria-checked': String(value === chosen), title, disabled: Boolean(disabled), 'data-value': value,
      tabindex: value === chosen ? 0 : -1, onclick: () => choose(value),
    }, ...content));
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const open = buttons.filter((button) => !button.disabled);
    const next = open[(open.indexOf(event.target.closest('button')) + step + open.length) % open.length];
    const { value } = next.dataset;
    const holder = next.closest('[data-keep]');
    next.click();
    holder?.querySelector(`.${style} [data-value="${CSS.escape(value)}"]`)?.focus();
  };
  return h(`div.${style}`, { role: 'radiogroup', 'aria-label': label, onkeydown: move }, ...buttons);
}

/** Save text as a file of the reader. @param {string} name @param {string} text @param {string} type */
export function save(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = h('a', { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
