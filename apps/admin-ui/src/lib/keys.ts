/** Returns whether a key belongs to a text field, an open dialog, a menu or the browser. */
function isTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true
  if (document.querySelector('dialog:modal')) return true
  // The event itself names the host of a shadow tree, such as the editor's.
  const [target] = event.composedPath()
  return (
    target instanceof HTMLElement &&
    target.closest('input, textarea, select, [contenteditable], [role="menu"]') !== null
  )
}

/** Longest pause between the two keys of a pair. */
const SECOND_KEY_MS = 1500

/** A key that nothing else handled; `after` is the first key of a pair just before it, or null. */
interface Pressed {
  readonly event: KeyboardEvent
  readonly after: string | null
}

/**
 * Listens to the keys of the page that nothing else handles.
 *
 * @param press - handles a key. Returns true when the key begins a pair; the next key then gets it as `after`.
 * @returns a function that ends the listening.
 */
export function listenToKeys(press: (pressed: Pressed) => boolean): () => void {
  let first: { readonly key: string; readonly at: number } | null = null
  const listen = (event: KeyboardEvent) => {
    if (isTaken(event)) return
    const after = first && event.timeStamp - first.at < SECOND_KEY_MS ? first.key : null
    first = press({ event, after }) ? { key: event.key, at: event.timeStamp } : null
  }
  document.addEventListener('keydown', listen)
  return () => document.removeEventListener('keydown', listen)
}
