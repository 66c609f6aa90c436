import { useEffect } from 'react'

/** Brings the element that the address names into view once it is there, because content arrives after the page. */
export function useScrollToHash(isThere: boolean): void {
  useEffect(() => {
    if (!isThere) return
    const { hash } = window.location
    if (hash.length > 1) document.getElementById(hash.slice(1))?.scrollIntoView({ block: 'start', inline: 'start' })
  }, [isThere])
}
