/** A page of the room. */
export interface View {
  /** For the window. */
  readonly title: string;
  readonly element: HTMLElement;
  /** Gets the focus when the page is entered. */
  readonly heading: HTMLElement;
  /** Shows what is so now. Called often: it must not take the focus from where it is. */
  update(): void;
  /** It is left. */
  close(): void;
}
