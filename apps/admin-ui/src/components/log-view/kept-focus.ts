import { type RefObject, useEffect } from 'react'

/** Elements that open on top of everything. */
const ON_TOP = 'dialog, [role="menu"], [role="alertdialog"], [role="status"]'

/** While a panel covers the page, keeps the focus from moving behind it. */
export function useKeptFocus(panel: RefObject<HTMLElement | null>, covers: boolean): void {
  useEffect(() => {
    if (!covers) return
    const keep = ({ target }: FocusEvent) => {
      if (!panel.current || !(target instanceof Element)) return
      if (panel.current.contains(target) || target.closest(ON_TOP)) return
      panel.current.querySelector<HTMLElement>('input, button, a')?.focus()
    }
    document.addEventListener('focusin', keep)
    return () => document.removeEventListener('focusin', keep)
  }, [panel, covers])
}
