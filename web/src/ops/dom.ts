type Child = Node | string;

/** An element with attributes and children. Attributes, never markup: nothing that is shown can become code. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Writes a text only if it changes: what is selected or read aloud stays as it is. */
export function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A class that an element has or has not. */
export function mark(element: Element, name: string, has: boolean): void {
  element.classList.toggle(name, has);
}

/**
 * As many children as there are items: makes those that are missing, removes those that are left over, and updates all.
 * Elements stay where they are, so that nothing jumps under a pointer.
 */
export function list<T, E extends Element>(
  parent: Element,
  items: readonly T[],
  make: () => E,
  update: (element: E, item: T) => void,
): void {
  while (parent.children.length > items.length) parent.lastElementChild?.remove();
  items.forEach((item, index) => {
    const child = (parent.children[index] as E | undefined) ?? make();
    if (child.parentElement !== parent) parent.append(child);
    update(child, item);
  });
}
