/**
 * Elements made by hand: text only ever becomes text.
 *
 * @typedef {Node | string | number | null | undefined | false} Child nothing is made of the last three
 *
 * @typedef {object} Known attributes whose values are not plain text
 * @property {Record<string, string | number>} [style] by property, custom ones too
 * @property {(event: Event) => void} [onclick]
 * @property {(event: Event) => void} [onchange]
 * @property {(event: Event) => void} [oninput]
 * @property {(event: Event) => void} [ontoggle]
 * @property {(event: KeyboardEvent) => void} [onkeydown]
 *
 * @typedef {Known & Record<string, unknown>} Attributes `true` stands without a value; `false` and nothing do not stand
 */

/**
 * @param {string} tag with classes, as in "div.card.open"
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(' ');
  const { style = {}, ...rest } = attributes;
  for (const [rule, setting] of Object.entries(style)) element.style.setProperty(rule, String(setting));
  for (const [key, value] of Object.entries(rest)) {
    if (typeof value === 'function') element.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, String(value));
  }
  fill(element, ...children);
  return element;
}

/** @param {Child} child @returns {child is Node | string | number} */
const stands = (child) => child !== null && child !== undefined && child !== false;

/** Replace what stands in an element. @param {Element} element @param {...Child} children */
export function fill(element, ...children) {
  element.replaceChildren(...children.filter(stands).map((child) => (child instanceof Node ? child : String(child))));
}

/** The element that an event happened to. @param {Event} event */
export function target(event) {
  if (!(event.target instanceof HTMLElement)) throw new TypeError(`${event.type}: no element`);
  return event.target;
}

/** What a field holds after an event. @param {Event} event */
export const fieldValue = (event) => /** @type {HTMLInputElement | HTMLSelectElement} */ (target(event)).value;

/** Whether a box is ticked after an event. @param {Event} event */
export const isTicked = (event) => /** @type {HTMLInputElement} */ (target(event)).checked;

/** A canvas's pen. @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2DSettings} [settings] */
export function penOf(canvas, settings) {
  const ctx = canvas.getContext('2d', settings);
  if (!ctx) throw new Error('this browser draws no canvas');
  return ctx;
}

/** The first element inside another one, where there is any. @param {Element} root @param {string} selector */
export const part = (root, selector) => /** @type {HTMLElement | null} */ (root.querySelector(selector));

/** All elements inside another one. @param {Element} root @param {string} selector */
export const parts = (root, selector) => /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)]);

/** @type {Record<string, number>} */
const STEPS = Object.freeze({ ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 });

/**
 * Buttons of which one is chosen, moved through with the arrow keys.
 *
 * @param {string} label
 * @param {{value: string, content: (Node | string)[], title?: string, disabled?: boolean}[]} options
 * @param {string} chosen
 * @param {(value: string) => void} choose
 * @param {string} [style]
 */
export function choice(label, options, chosen, choose, style = 'choice') {
  const buttons = options.map(({ value, content, title, disabled }) =>
    h(
      'button',
      {
        type: 'button',
        role: 'radio',
        'aria-checked': String(value === chosen),
        title,
        disabled: Boolean(disabled),
        'data-value': value,
        tabindex: value === chosen ? 0 : -1,
        onclick: () => choose(value),
      },
      ...content,
    ),
  );
  /** @param {KeyboardEvent} event */
  const move = (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const open = buttons.filter((button) => !button.hasAttribute('disabled'));
    const at = open.findIndex((button) => button.contains(target(event)));
    const next = open[(at + step + open.length) % open.length];
    const holder = next.closest('[data-keep]');
    next.click();
    // Choosing made the buttons anew.
    if (holder) part(holder, `.${style} [data-value="${CSS.escape(next.dataset.value ?? '')}"]`)?.focus();
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
